import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** Kafka Streams: events are repartitioned by pharmacy and by code; stores with changelogs, exactly once, every 2 s. */
public final class Program {
    private static final Serde<String> TEXT = Serdes.String();

    /** One of the two rules. */
    private interface Rule {
        List<String> judge(String key, String value, Job.State state);
    }

    /** Judges swipes or sales over a store, whose keys are the key and a name. */
    private static final class Watch extends ContextualProcessor<String, String, String, String> {
        private final String name;
        private final Rule rule;
        private KeyValueStore<String, String> store;

        Watch(String name, Rule rule) {
            this.name = name;
            this.rule = rule;
        }

        @Override
        public void init(ProcessorContext<String, String> context) {
            super.init(context);
            store = context.getStateStore(name);
        }

        @Override
        public void process(Record<String, String> record) {
            for (String alert : rule.judge(record.key(), record.value(), of(record.key()))) {
                context().forward(record.withValue(alert));
            }
        }

        private Job.State of(String key) {
            return new Job.State() {
                @Override
                public String get(String name) {
                    return store.get(key + "|" + name);
                }

                @Override
                public void set(String name, String value) {
                    store.put(key + "|" + name, value);
                }

                @Override
                public void delete(String name) {
                    store.delete(key + "|" + name);
                }
            };
        }
    }

    public static void main(String[] arguments) {
        Job.Task task = Job.Task.given();
        StreamsBuilder builder = new StreamsBuilder();
        KStream<byte[], JsonNode> events = builder
            .stream(task.events(), Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
            .mapValues(Job::read);
        add(builder, "swiped", Job::judgeSwipe, task, events.flatMap((key, event) -> pairs(Job.swipes(event))));
        add(builder, "sold", Job::judgeSale, task, events.flatMap((key, event) -> pairs(Job.sales(event))));
        new KafkaStreams(builder.build(), settings(task)).start();
    }

    private static void add(
            StreamsBuilder builder, String name, Rule rule, Job.Task task, KStream<String, String> entries) {
        builder.addStateStore(
            Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), TEXT, TEXT).withCachingEnabled());
        entries
            .repartition(Repartitioned.with(TEXT, TEXT).withName("by-" + name))
            .process(() -> new Watch(name, rule), name)
            .to(task.alerts(), Produced.with(TEXT, TEXT));
    }

    private static List<KeyValue<String, String>> pairs(List<Job.Keyed> entries) {
        return entries.stream().map(one -> KeyValue.pair(one.key(), one.value())).toList();
    }

    private static Properties settings(Job.Task task) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, task.alerts());
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, task.brokers());
        settings.put(StreamsConfig.STATE_DIR_CONFIG, task.folder());
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 2_000);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        return settings;
    }

    private Program() {}
}
