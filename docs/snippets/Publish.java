import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Publishes messages with the Java client: one a line from stdin, unchanged, in order for each person.
 *
 * <p>Needs org.apache.kafka:kafka-clients and com.fasterxml.jackson.core:jackson-databind.
 */
public class Publish {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] arguments) throws Exception {
        String prefix = System.getenv().getOrDefault("MONITOR_PREFIX", "settlement");
        AtomicReference<Exception> failure = new AtomicReference<>();
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings());
                BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null && failure.get() == null; line = lines.readLine()) {
                if (!line.trim().isEmpty()) {
                    ProducerRecord<String, String> record =
                            new ProducerRecord<>(prefix + ".events", key(JSON.readTree(line)), line);
                    producer.send(record, (metadata, error) -> failure.compareAndSet(null, error));
                }
            }
            producer.flush();
        }
        if (failure.get() != null) {
            throw failure.get(); // a message was not acknowledged by all replicas: publish it again
        }
    }

    private static Properties settings() {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", System.getenv("MONITOR_BROKERS"));
        settings.put("acks", "all");
        settings.put("enable.idempotence", "true");
        settings.put("compression.type", "lz4");
        settings.put("key.serializer", StringSerializer.class.getName());
        settings.put("value.serializer", StringSerializer.class.getName());
        return settings;
    }

    /** The record key: the number of the person; of stock (35xx) the institution. */
    static String key(JsonNode message) {
        if (message.path("infno").asText("").startsWith("35")) {
            return message.path("fixmedins_code").asText("").trim();
        }
        String person = person(message);
        return person.isEmpty() ? null : person;
    }

    /** The first psn_no (of 3101 and 3102 patn_id): in the header, a node, or the first line of a list. */
    static String person(JsonNode node) {
        if (node.isArray()) {
            return person(node.path(0));
        }
        String own = node.path("psn_no").asText("").trim();
        if (own.isEmpty()) {
            own = node.path("patn_id").asText("").trim();
        }
        for (JsonNode child : node) {
            own = own.isEmpty() ? person(child) : own;
        }
        return own;
    }
}
