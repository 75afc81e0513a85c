package kg.cbrn.bench;

import static kg.cbrn.bench.Checks.ok;

import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;

/** The router's work on one record: envelope, ids, validation, decision, situation; alerts, duties and decision record. */
final class Routing implements Processor<byte[], byte[], byte[], byte[]> {
  static final String IDS = "ids";
  static final String SITUATIONS = "situations";
  private static final int VALUE_MAX = 65_536;
  private static final int HEADERS_MAX = 16_384;
  private static final long CLOCK_TOLERANCE_S = 300;
  private static final long LATE_TOLERANCE_S = 86_400;

  private final Table table;
  private final boolean remembers;
  private final ObjectReader reader;
  private final Runnable progress;
  private final Map<String, String> publishers = new HashMap<>();
  private final Map<Integer, Header> deadlines = new HashMap<>();
  private ProcessorContext<byte[], byte[]> context;
  private KeyValueStore<String, byte[]> ids;
  private KeyValueStore<String, byte[]> situations;
  private MessageDigest sha;
  private Instant now = Instant.EPOCH;
  private String at = "";

  Routing(Table table, boolean remembers, ObjectReader reader, Runnable progress) {
    this.table = table;
    this.remembers = remembers;
    this.reader = reader;
    this.progress = progress;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> given) {
    context = given;
    try {
      sha = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException error) {
      throw new IllegalStateException(error);
    }
    if (remembers) {
      ids = given.getStateStore(IDS);
      situations = given.getStateStore(SITUATIONS);
    }
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    tick();
    byte[] value = record.value();
    Headers headers = record.headers();
    RecordMetadata origin = context.recordMetadata().orElseThrow();
    ok(value != null && value.length <= VALUE_MAX, "size");
    checkHeaders(headers);
    String id = text(headers, "ce_id");
    String source = text(headers, "ce_source");
    String type = text(headers, "ce_type");
    ok(text(headers, "ce_specversion").equals("1.0"), "specversion");
    ok(text(headers, "content-type").startsWith("application/json"), "content-type");
    ok(id.length() <= 128 && source.length() <= 256, "id or source");
    String body = publishers.computeIfAbsent(origin.topic(), topic -> topic.split("\\.")[2]);
    ok(source.equals('/' + body) || source.startsWith('/' + body + '/'), "source");
    String name = source + '\0' + id;
    byte[] digest = null;
    if (remembers) {
      digest = Arrays.copyOf(sha.digest(value), 8);
      byte[] seen = ids.get(name);
      if (seen != null) {
        ok(Arrays.equals(seen, digest), "id used twice");
        progress.run();
        return;
      }
    }
    Model.Incident event = read(value);
    ok(event.body().equals(body) && type.equals(table.types().get(event.kind())), "claims");
    ok(!"Exercise".equals(event.status()), "realm");
    checkClock(event);
    byte[] key = event.situation().getBytes(StandardCharsets.UTF_8);
    ok(Arrays.equals(key, record.key()), "key");
    Table.Plan plan = table.plans().get(Table.name(event.kind(), event.where().site(), event.severity()));
    if (remembers) {
      byte[] known = situations.get(event.situation());
      if (known == null || !Arrays.equals(known, plan.reached())) situations.put(event.situation(), plan.reached());
      ids.put(name, digest);
    }
    write(record, key, plan, mark -> word(mark, id, source, event, origin));
    progress.run();
  }

  private void write(Record<byte[], byte[]> record, byte[] key, Table.Plan plan, Table.Words words) {
    byte[] value = record.value();
    Header deadline = plan.acknowledgeWithinS() == null ? null : deadline(plan.acknowledgeWithinS());
    for (Table.Delivery each : plan.deliveries()) {
      RecordHeaders headers = new RecordHeaders(record.headers());
      for (Header header : each.headers()) headers.add(header);
      if (deadline != null && each.topic().endsWith(".alerts")) headers.add(deadline);
      context.forward(new Record<>(key, value, record.timestamp(), headers), each.topic());
    }
    for (Table.Duty each : plan.duties()) {
      byte[] head = each.value().filled(words).getBytes(StandardCharsets.UTF_8);
      byte[] whole = Arrays.copyOf(head, head.length + value.length + 1);
      System.arraycopy(value, 0, whole, head.length, value.length);
      whole[whole.length - 1] = '}';
      byte[] name = each.key().filled(words).getBytes(StandardCharsets.UTF_8);
      context.forward(new Record<>(name, whole, record.timestamp()), table.duties());
    }
    byte[] note = plan.decision().filled(words).getBytes(StandardCharsets.UTF_8);
    context.forward(new Record<>(key, note, record.timestamp()), table.decisions());
  }

  private String word(String mark, String id, String source, Model.Incident event, RecordMetadata origin) {
    return switch (mark) {
      case "ID" -> id;
      case "SOURCE" -> source;
      case "SITUATION" -> event.situation();
      case "TOPIC" -> origin.topic();
      case "PARTITION" -> Integer.toString(origin.partition());
      case "OFFSET" -> Long.toString(origin.offset());
      case "AT" -> at;
      default -> written(event.observed().toInstant().plusSeconds(Long.parseLong(mark.substring(2))));
    };
  }

  private Model.Incident read(byte[] value) {
    try {
      Model.Incident event = reader.readValue(value);
      event.check();
      return event;
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private void checkHeaders(Headers headers) {
    int total = 0;
    for (Header header : headers) {
      if (header.value() != null) total += header.value().length;
      ok(!header.key().startsWith("cbrn_"), "reserved header");
    }
    ok(total <= HEADERS_MAX, "headers");
  }

  /** A doubtful clock would be told in a header; the events of the benchmark have none. */
  private void checkClock(Model.Incident event) {
    Instant reported = event.reported().toInstant();
    Instant latest = now.plusSeconds(CLOCK_TOLERANCE_S);
    ok(!reported.isAfter(latest) && !event.observed().toInstant().isAfter(latest), "clock ahead");
    ok(!reported.isBefore(now.minusSeconds(LATE_TOLERANCE_S)), "late");
  }

  private void tick() {
    long millis = System.currentTimeMillis();
    if (millis == now.toEpochMilli()) return;
    now = Instant.ofEpochMilli(millis);
    at = written(now);
    deadlines.clear();
  }

  private Header deadline(int withinS) {
    return deadlines.computeIfAbsent(withinS, seconds -> new RecordHeader("cbrn_acknowledge_by",
        written(now.plusSeconds(seconds)).getBytes(StandardCharsets.UTF_8)));
  }

  private static String written(Instant moment) {
    return DateTimeFormatter.ISO_INSTANT.format(moment);
  }

  private static String text(Headers headers, String name) {
    Header header = headers.lastHeader(name);
    ok(header != null && header.value() != null && header.value().length > 0, name);
    return new String(header.value(), StandardCharsets.UTF_8);
  }
}
