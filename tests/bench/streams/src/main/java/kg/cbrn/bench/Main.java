package kg.cbrn.bench;

import com.fasterxml.jackson.databind.ObjectReader;
import java.io.File;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The router's job in Kafka Streams, exactly_once_v2: `Main TABLE BOOTSTRAP GROUP EVENTS stateless|same THREADS
 * COMMIT_MS STATE_FOLDER`. Prints `ready`, then `done N` as it goes; the last one once all are committed.
 */
final class Main {
  private static final int LINES = 50;
  /** What the router remembers for each shard. */
  private static final int IDS_MAX = 50_000;
  private static final int SITUATIONS_MAX = 20_000;

  public static void main(String[] given) throws Exception {
    if (given.length == 1) {
      check(new File(given[0]));
      return;
    }
    Table table = Table.read(new File(given[0]));
    String bootstrap = given[1];
    String group = given[2];
    long events = Long.parseLong(given[3]);
    boolean remembers = given[4].equals("same");
    AtomicLong processed = new AtomicLong();
    long step = Math.max(1, events / LINES);
    Runnable progress = () -> {
      long count = processed.incrementAndGet();
      if (count % step == 0 && count < events) System.out.println("done " + count);
    };
    KafkaStreams streams = new KafkaStreams(
        topology(table, remembers, progress), properties(bootstrap, group, given[5], given[6], given[7]));
    CountDownLatch ready = new CountDownLatch(1);
    streams.setStateListener((now, before) -> {
      if (now == KafkaStreams.State.RUNNING) ready.countDown();
    });
    streams.setUncaughtExceptionHandler(error -> {
      error.printStackTrace();
      Runtime.getRuntime().halt(3);
      return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    streams.start();
    ready.await();
    System.out.println("ready");
    while (processed.get() < events) Thread.sleep(5);
    awaitCommitted(bootstrap, group, events);
    System.out.println("done " + events);
    Thread.sleep(Long.MAX_VALUE); // whoever measures looks at this process, then ends it
  }

  private static Topology topology(Table table, boolean remembers, Runnable progress) {
    ObjectReader reader = Reading.reader();
    Topology topology = new Topology();
    topology.addSource("ingress", new ByteArrayDeserializer(), new ByteArrayDeserializer(),
        table.ingress().toArray(String[]::new));
    topology.addProcessor("routing", () -> new Routing(table, remembers, reader, progress), "ingress");
    for (String sink : table.sinks())
      topology.addSink(sink, sink, new ByteArraySerializer(), new ByteArraySerializer(), "routing");
    if (remembers) {
      topology.addStateStore(store(Routing.IDS, IDS_MAX), "routing");
      topology.addStateStore(store(Routing.SITUATIONS, SITUATIONS_MAX), "routing");
    }
    return topology;
  }

  private static StoreBuilder<?> store(String name, int most) {
    return Stores.keyValueStoreBuilder(Stores.lruMap(name, most), Serdes.String(), Serdes.ByteArray())
        .withLoggingEnabled(Map.of());
  }

  private static Properties properties(
      String bootstrap, String group, String threads, String commitMs, String stateFolder) {
    Properties chosen = new Properties();
    chosen.put("bootstrap.servers", bootstrap);
    chosen.put("application.id", group);
    chosen.put("processing.guarantee", "exactly_once_v2");
    chosen.put("commit.interval.ms", commitMs);
    chosen.put("num.stream.threads", threads);
    chosen.put("state.dir", stateFolder);
    chosen.put("replication.factor", 1);
    chosen.put("statestore.cache.max.bytes", 0);
    chosen.put("buffered.records.per.partition", 2_000);
    chosen.put("poll.ms", 5);
    chosen.put("default.key.serde", Serdes.ByteArraySerde.class);
    chosen.put("default.value.serde", Serdes.ByteArraySerde.class);
    chosen.put("consumer.auto.offset.reset", "earliest");
    chosen.put("consumer.max.poll.records", 1_000);
    chosen.put("producer.linger.ms", Integer.parseInt(commitMs) >= 100 ? 20 : 5);
    chosen.put("producer.batch.size", 262_144);
    chosen.put("producer.buffer.memory", 268_435_456L);
    chosen.put("producer.acks", "all");
    return chosen;
  }

  private static void awaitCommitted(String bootstrap, String group, long events) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      while (true) {
        long committed = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().values().stream()
            .filter(Objects::nonNull)
            .mapToLong(offset -> offset.offset())
            .sum();
        if (committed >= events) return;
        Thread.sleep(10);
      }
    }
  }

  /** Says of each file in a folder whether it is taken: `agreement.py` compares that with what the product says. */
  private static void check(File folder) {
    ObjectReader reader = Reading.reader();
    for (File file : Objects.requireNonNull(folder.listFiles())) {
      String said = "taken";
      try {
        Model.Incident event = reader.readValue(file);
        event.check();
      } catch (Exception error) {
        said = "refused";
      }
      System.out.println(file.getName() + " " + said);
    }
  }

  private Main() {}
}
