// An agency's client in .NET with Confluent.Kafka (dotnet add package Confluent.Kafka), that is librdkafka.
// `dotnet run` publishes, `dotnet run read` prints what the body is told. Not run in our CI.
using System.Text;
using System.Text.Json;
using Confluent.Kafka;

string Setting(string name, string otherwise) => Environment.GetEnvironmentVariable(name) ?? otherwise;
var secured = new ClientConfig
{
    BootstrapServers = Setting("CBRN_BOOTSTRAP_SERVERS", "127.0.0.1:9092"),
    SecurityProtocol = Setting("CBRN_SECURITY_PROTOCOL", "SASL_SSL") == "PLAINTEXT"
        ? SecurityProtocol.Plaintext : SecurityProtocol.SaslSsl,
    SslCaLocation = Setting("CBRN_CA_FILE", ""), // the credentials file itself will do
    SaslMechanism = SaslMechanism.ScramSha512,
    SaslUsername = Setting("CBRN_USERNAME", ""),
    SaslPassword = Setting("CBRN_PASSWORD", ""),
};
var body = Setting("CBRN_BODY", "mes");
var situation = $"KG-2026-sample-{Guid.NewGuid()}"; // one name for all reports about it

Message<string, byte[]> Made(string id, string messageType, string headline, params string[] references)
{
    var now = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ");
    var said = new
    {
        kind = "chemical-release", hazard = "chemical", body, situation, message_type = messageType, references,
        observed = now, reported = now, where = new { district = "41708203" },
        severity = "Severe", urgency = "Immediate", certainty = "Observed",
        substances = new[] { new { name = "chlorine" } },
        texts = new { ky = new { headline } },
    };
    var headers = new Headers();
    foreach (var (name, value) in new[]
    {
        ("ce_specversion", "1.0"), ("ce_id", id), ("ce_source", $"/{body}"),
        ("ce_type", "kg.cbrn.incident.chemical-release.v1"), ("ce_time", now), ("content-type", "application/json"),
    }) headers.Add(name, Encoding.UTF8.GetBytes(value));
    return new() { Key = situation, Value = JsonSerializer.SerializeToUtf8Bytes(said), Headers = headers };
}

async Task Publish()
{
    var settings = new ProducerConfig(secured)
    {
        Partitioner = Partitioner.Murmur2Random, // the default is CRC-32
        Acks = Acks.All,
        EnableIdempotence = true,
    };
    using var producer = new ProducerBuilder<string, byte[]>(settings).Build();
    var topic = $"cbrn.from.{body}.incidents";
    var id = Guid.NewGuid().ToString(); // made once, and kept with the event
    var first = Made(id, "Alert", "Хлор агып чыкты, терезелерди жабыңыз, үйдөн чыкпаңыз");
    await producer.ProduceAsync(topic, first); // throws unless the brokers have it
    await producer.ProduceAsync(topic, first); // after an answer that never came: counted once
    await producer.ProduceAsync(topic, Made(Guid.NewGuid().ToString(), "Update", "Хлордун агып чыгуусу токтоду", id));
}

void Read()
{
    var settings = new ConsumerConfig(secured)
    {
        GroupId = $"cbrn.to.{body}.sample",
        IsolationLevel = IsolationLevel.ReadCommitted,
        AutoOffsetReset = AutoOffsetReset.Earliest,
        EnableAutoCommit = false,
    };
    using var consumer = new ConsumerBuilder<Ignore, byte[]>(settings).Build();
    consumer.Subscribe($"cbrn.to.{body}.alerts");
    while (true)
    {
        var alert = consumer.Consume();
        var id = Encoding.UTF8.GetString(alert.Message.Headers.GetLastBytes("ce_id"));
        Console.WriteLine($"{id} {Encoding.UTF8.GetString(alert.Message.Value)}");
        consumer.Commit(alert); // only after it has been dealt with
    }
}

if (args.Contains("read")) Read(); else await Publish();
