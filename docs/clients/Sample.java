// An agency's client in Java: org.apache.kafka:kafka-clients, nothing else. Java 17 runs this file as it stands:
//   java -cp 'kafka-clients-4.3.0.jar:slf4j-api-1.7.36.jar' Sample.java          publishes
//   java -cp ... Sample.java read                                               prints what the body is told
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import static java.nio.charset.StandardCharsets.UTF_8;

public class Sample {
    static final String SERVERS = System.getenv().getOrDefault("CBRN_BOOTSTRAP_SERVERS", "127.0.0.1:9092");
    static final String BODY = System.getenv().getOrDefault("CBRN_BODY", "mes");
    static final Map<String, Object> SECURED = Map.of( // the credentials file itself will do as trust store
        "security.protocol", System.getenv().getOrDefault("CBRN_SECURITY_PROTOCOL", "SASL_SSL"),
        "ssl.truststore.type", "PEM", "ssl.truststore.location", System.getenv().getOrDefault("CBRN_CA_FILE", ""),
        "sasl.mechanism", "SCRAM-SHA-512", "sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"%s\";".formatted(
            System.getenv("CBRN_USERNAME"), System.getenv("CBRN_PASSWORD")));
    static final String SITUATION = "KG-2026-sample-" + UUID.randomUUID(); // one name for all reports about it

    // The key names the situation; kafka-clients places it by murmur2 unless told otherwise.
    static ProducerRecord<String, String> record(String id, String type, String more, String headline) {
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        String event = """
            {"kind": "chemical-release", "hazard": "chemical", "body": "%s", "situation": "%s", "message_type": "%s"%s,
             "observed": "%s", "reported": "%s", "where": {"district": "41708203"},
             "severity": "Severe", "urgency": "Immediate", "certainty": "Observed",
             "substances": [{"name": "chlorine"}], "texts": {"ky": {"headline": "%s"}}}
            """.formatted(BODY, SITUATION, type, more, now, now, headline);
        var record = new ProducerRecord<>("cbrn.from." + BODY + ".incidents", SITUATION, event);
        Map.of("ce_specversion", "1.0", "ce_id", id, "ce_source", "/" + BODY,
               "ce_type", "kg.cbrn.incident.chemical-release.v1", "ce_time", now, "content-type", "application/json")
            .forEach((name, value) -> record.headers().add(name, value.getBytes(UTF_8)));
        return record;
    }

    static void publish() throws Exception {
        var settings = new HashMap<>(SECURED);
        settings.putAll(Map.of("bootstrap.servers", SERVERS, "acks", "all", "enable.idempotence", true));
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            String id = UUID.randomUUID().toString(); // made once, and kept with the event
            var first = record(id, "Alert", "", "Хлор агып чыкты, терезелерди жабыңыз, үйдөн чыкпаңыз");
            producer.send(first).get(); // raises unless the brokers have it
            producer.send(first).get(); // after an answer that never came: the same id and bytes, counted once
            String references = ", \"references\": [\"" + id + "\"]";
            producer.send(record(UUID.randomUUID().toString(), "Update", references, "Хлордун агып чыгуусу токтоду")).get();
        }
    }

    static void read() {
        var settings = new HashMap<>(SECURED);
        settings.putAll(Map.of("bootstrap.servers", SERVERS, "group.id", "cbrn.to." + BODY + ".sample",
            "isolation.level", "read_committed", "auto.offset.reset", "earliest", "enable.auto.commit", false));
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of("cbrn.to." + BODY + ".alerts"));
            while (true) {
                for (var alert : consumer.poll(Duration.ofSeconds(1))) {
                    var id = alert.headers().lastHeader("ce_id");
                    System.out.println(new String(id.value(), UTF_8) + " " + alert.value());
                }
                consumer.commitSync(); // only after they have been dealt with
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        if (List.of(arguments).contains("read")) read(); else publish();
    }
}
