import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.serialization.AbstractDeserializationSchema;
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/** Flink: keyed state on RocksDB, incremental checkpoints every 2 s, one slot. */
public final class Program {
    private static final OutputTag<Tuple2<String, String>> SALES =
        new OutputTag<>("sales", Types.TUPLE(Types.STRING, Types.STRING));

    /** The bytes of a message. */
    private static final class Bytes extends AbstractDeserializationSchema<byte[]> {
        @Override
        public byte[] deserialize(byte[] message) {
            return message;
        }
    }

    /** Sends what a settlement is on: swipes on the main way, sales beside it. */
    private static final class Route extends ProcessFunction<byte[], Tuple2<String, String>> {
        @Override
        public void processElement(byte[] message, Context context, Collector<Tuple2<String, String>> out) {
            var event = Job.read(message);
            for (Job.Keyed swipe : Job.swipes(event)) {
                out.collect(Tuple2.of(swipe.key(), swipe.value()));
            }
            for (Job.Keyed sale : Job.sales(event)) {
                context.output(SALES, Tuple2.of(sale.key(), sale.value()));
            }
        }
    }

    /** Judges swipes or sales over the state of their key. */
    private static final class Watch extends KeyedProcessFunction<String, Tuple2<String, String>, String> {
        private final boolean ofSwipes;
        private transient MapState<String, String> kept;

        Watch(boolean ofSwipes) {
            this.ofSwipes = ofSwipes;
        }

        @Override
        public void open(OpenContext context) {
            kept = getRuntimeContext().getMapState(new MapStateDescriptor<>("kept", Types.STRING, Types.STRING));
        }

        @Override
        public void processElement(Tuple2<String, String> entry, Context context, Collector<String> out) {
            judge(entry.f0, entry.f1).forEach(out::collect);
        }

        private List<String> judge(String key, String value) {
            return ofSwipes ? Job.judgeSwipe(key, value, new Kept(kept)) : Job.judgeSale(key, value, new Kept(kept));
        }
    }

    /** What Flink keeps of the key at hand. */
    private record Kept(MapState<String, String> state) implements Job.State {
        @Override
        public String get(String name) {
            try {
                return state.get(name);
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        }

        @Override
        public void set(String name, String value) {
            try {
                state.put(name, value);
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        }

        @Override
        public void delete(String name) {
            try {
                state.remove(name);
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        Job.Task task = Job.Task.given();
        StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment(settings(task));
        environment.setParallelism(1);
        environment.enableCheckpointing(2_000);
        SingleOutputStreamOperator<Tuple2<String, String>> swipes = environment
            .fromSource(source(task), WatermarkStrategy.noWatermarks(), "events")
            .process(new Route());
        DataStream<String> swiped = swipes.keyBy(one -> one.f0, Types.STRING).process(new Watch(true));
        DataStream<String> sold =
            swipes.getSideOutput(SALES).keyBy(one -> one.f0, Types.STRING).process(new Watch(false));
        swiped.union(sold).sinkTo(sink(task));
        environment.execute();
    }

    private static Configuration settings(Job.Task task) {
        return Configuration.fromMap(Map.of(
            "state.backend.type", "rocksdb",
            "execution.checkpointing.incremental", "true",
            "execution.checkpointing.dir", "file://" + task.folder(),
            "state.backend.rocksdb.localdir", task.folder(),
            "taskmanager.memory.managed.size", "128m",
            "taskmanager.memory.network.min", "32m",
            "taskmanager.memory.network.max", "32m"));
    }

    private static KafkaSource<byte[]> source(Job.Task task) {
        return KafkaSource.<byte[]>builder()
            .setBootstrapServers(task.brokers())
            .setTopics(task.events())
            .setGroupId(task.alerts())
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setValueOnlyDeserializer(new Bytes())
            .build();
    }

    private static KafkaSink<String> sink(Job.Task task) {
        return KafkaSink.<String>builder()
            .setBootstrapServers(task.brokers())
            .setRecordSerializer(KafkaRecordSerializationSchema.builder()
                .setTopic(task.alerts())
                .setValueSerializationSchema(new SimpleStringSchema())
                .build())
            .build();
    }

    private Program() {}
}
