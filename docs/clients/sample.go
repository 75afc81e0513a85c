// An agency's client in Go with franz-go (go get github.com/twmb/franz-go), which is Go alone.
// `go run sample.go` publishes, `go run sample.go read` prints what the body is told.
package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

var (
	servers   = strings.Split(setting("CBRN_BOOTSTRAP_SERVERS", "127.0.0.1:9092"), ",")
	body      = setting("CBRN_BODY", "mes")
	situation = "KG-2026-sample-" + rand.Text() // one name for all reports about it
)

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// The authority of the brokers (the credentials file itself will do), and who we are.
func secured() []kgo.Opt {
	if setting("CBRN_SECURITY_PROTOCOL", "SASL_SSL") == "PLAINTEXT" {
		return nil
	}
	authority, err := os.ReadFile(os.Getenv("CBRN_CA_FILE"))
	if err != nil {
		log.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(authority)
	us := scram.Auth{User: os.Getenv("CBRN_USERNAME"), Pass: os.Getenv("CBRN_PASSWORD")}
	return []kgo.Opt{kgo.DialTLSConfig(&tls.Config{RootCAs: trusted}), kgo.SASL(us.AsSha512Mechanism())}
}

// The key names the situation; franz-go places it by murmur2 unless told otherwise.
func record(id, messageType, headline string, references ...string) *kgo.Record {
	now := time.Now().UTC().Format(time.RFC3339)
	event, err := json.Marshal(map[string]any{
		"kind": "chemical-release", "hazard": "chemical", "body": body, "situation": situation,
		"message_type": messageType, "references": append([]string{}, references...),
		"observed": now, "reported": now, "where": map[string]any{"district": "41708203"},
		"severity": "Severe", "urgency": "Immediate", "certainty": "Observed",
		"substances": []any{map[string]any{"name": "chlorine"}},
		"texts":      map[string]any{"ky": map[string]any{"headline": headline}},
	})
	if err != nil {
		log.Fatal(err)
	}
	made := &kgo.Record{Topic: "cbrn.from." + body + ".incidents", Key: []byte(situation), Value: event}
	for name, value := range map[string]string{
		"ce_specversion": "1.0", "ce_id": id, "ce_source": "/" + body,
		"ce_type": "kg.cbrn.incident.chemical-release.v1", "ce_time": now, "content-type": "application/json",
	} {
		made.Headers = append(made.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
	return made
}

func publish(ctx context.Context) {
	// Idempotence is on unless it is turned off, and asks for all replicas.
	client, err := kgo.NewClient(append(secured(), kgo.SeedBrokers(servers...), kgo.RequiredAcks(kgo.AllISRAcks()))...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	id := rand.Text() // made once, and kept with the event
	first := record(id, "Alert", "Хлор агып чыкты, терезелерди жабыңыз, үйдөн чыкпаңыз")
	again := *first // after an answer that never came: the same id and bytes, counted once
	update := record(rand.Text(), "Update", "Хлордун агып чыгуусу токтоду", id)
	for _, one := range []*kgo.Record{first, &again, update} {
		if err := client.ProduceSync(ctx, one).FirstErr(); err != nil {
			log.Fatal("not taken; send it again under the same id: ", err)
		}
	}
}

func read(ctx context.Context) {
	client, err := kgo.NewClient(append(secured(), kgo.SeedBrokers(servers...), kgo.ConsumerGroup("cbrn.to."+body+".sample"),
		kgo.ConsumeTopics("cbrn.to."+body+".alerts"), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	for {
		fetches := client.PollFetches(ctx)
		fetches.EachRecord(func(alert *kgo.Record) {
			for _, header := range alert.Headers {
				if header.Key == "ce_id" {
					fmt.Printf("%s %s\n", header.Value, alert.Value)
				}
			}
		})
		if err := client.CommitUncommittedOffsets(ctx); err != nil { // only after they have been dealt with
			log.Fatal(err)
		}
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "read" {
		read(context.Background())
	} else {
		publish(context.Background())
	}
}
