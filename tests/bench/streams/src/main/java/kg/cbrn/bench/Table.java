package kg.cbrn.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/** The decisions of a rule book, as `tests/bench/table.py` has laid them out: for each combination what is written. */
record Table(List<String> ingress, String decisions, String duties, List<String> sinks, Map<String, String> types,
    Map<String, Plan> plans) {

  /** An alert, or a copy for a partner: the topic, and the headers that the bus adds. */
  record Delivery(String topic, Header[] headers) {}

  /** A record of a duty: the event's own bytes and a brace follow its text. */
  record Duty(Gaps key, Gaps value) {}

  record Plan(Delivery[] deliveries, Integer acknowledgeWithinS, Gaps decision, Duty[] duties, byte[] reached) {}

  /** What a gap is filled with. */
  interface Words {
    String of(String mark);
  }

  /** Text with gaps: literal, mark, literal, and so on. */
  record Gaps(String[] parts) {
    String filled(Words words) {
      StringBuilder text = new StringBuilder(2048);
      for (int i = 0; i < parts.length; i++) text.append(i % 2 == 0 ? parts[i] : words.of(parts[i]));
      return text.toString();
    }
  }

  static Table read(File file) throws IOException {
    JsonNode root = new ObjectMapper().readTree(file);
    Map<String, String> types = new HashMap<>();
    root.get("types").properties().forEach(each -> types.put(each.getKey(), each.getValue().asText()));
    Map<String, Plan> plans = new HashMap<>();
    for (JsonNode plan : root.get("plans"))
      plans.put(name(plan.get("kind").asText(), plan.get("site").asText(), plan.get("severity").asText()), plan(plan));
    return new Table(texts(root.get("ingress")), root.get("decisions").asText(), root.get("duties").asText(),
        texts(root.get("sinks")), types, plans);
  }

  static String name(String kind, String site, String severity) {
    return kind + '|' + site + '|' + severity;
  }

  private static Plan plan(JsonNode plan) {
    List<Delivery> deliveries = new ArrayList<>();
    for (JsonNode each : plan.get("deliveries")) {
      List<Header> headers = new ArrayList<>();
      for (JsonNode header : each.get(1)) headers.add(new RecordHeader(header.get(0).asText(), bytes(header.get(1))));
      deliveries.add(new Delivery(each.get(0).asText(), headers.toArray(Header[]::new)));
    }
    List<Duty> duties = new ArrayList<>();
    for (JsonNode each : plan.get("duties")) duties.add(new Duty(gaps(each.get(0)), gaps(each.get(1))));
    JsonNode within = plan.get("acknowledge_within_s");
    byte[] reached = plan.get("reached").toString().getBytes(StandardCharsets.UTF_8);
    return new Plan(deliveries.toArray(Delivery[]::new), within.isNull() ? null : within.asInt(),
        gaps(plan.get("decision")), duties.toArray(Duty[]::new), reached);
  }

  private static Gaps gaps(JsonNode parts) {
    return new Gaps(texts(parts).toArray(String[]::new));
  }

  private static byte[] bytes(JsonNode text) {
    return text.asText().getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> texts(JsonNode nodes) {
    List<String> found = new ArrayList<>();
    nodes.forEach(node -> found.add(node.asText()));
    return found;
  }
}
