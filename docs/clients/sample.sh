#!/bin/sh
# An agency's client with kcat (Debian, Ubuntu: apt install kcat). `sample.sh` publishes, `sample.sh read` prints what
# the body is told. kcat ends with 1 unless the brokers have what it was given. Debian 12's and Ubuntu 24.04's librdkafka
# are let in by a certificate only (cbrn access issue --certificate): before 2.6.1 its passwords are refused by Kafka 4.
set -eu
servers=${CBRN_BOOTSTRAP_SERVERS:-127.0.0.1:9092}
body=${CBRN_BODY:-mes}

file=${CBRN_CA_FILE:-} # the credentials file: it has the authority and, with a certificate, that and its key

own() { # what lets it in
    if [ "${CBRN_SECURITY_PROTOCOL:-}" = SSL ]; then
        printf 'ssl.certificate.location=%s\n' "${CBRN_CERTIFICATE_FILE:-$file}"
        printf 'ssl.key.location=%s\n' "${CBRN_KEY_FILE:-$file}"
    else
        printf 'sasl.mechanism=SCRAM-SHA-512\nsasl.username=%s\n' "${CBRN_USERNAME:-}"
        printf 'sasl.password=%s\n' "${CBRN_PASSWORD:-}"
    fi
}

kafka() { # kcat as this body; the password stands in no argument, where every program on the machine could read it
    exec kcat -F /dev/fd/3 -b "$servers" "$@" 3<<end
security.protocol=${CBRN_SECURITY_PROTOCOL:-SASL_SSL}
ssl.ca.location=$file
$(own)
end
}

if [ "${1:-}" = read ]; then
    kafka -C -t "cbrn.to.$body.alerts" -X isolation.level=read_committed -o beginning -u \
        -f '%h %s\n'
fi

situation=KG-2026-sample-$(cat /proc/sys/kernel/random/uuid) # one name for all reports about it
id=$(cat /proc/sys/kernel/random/uuid)                       # made once, and kept with the event
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)

event() { # message type, headline, more members; on one line, since a line is a record to kcat
    printf '{"kind": "chemical-release", "hazard": "chemical", "body": "%s", "situation": "%s", "message_type": "%s", ' \
        "$body" "$situation" "$1"
    printf '"observed": "%s", "reported": "%s", "where": {"district": "41708203"}, "severity": "Severe", ' "$now" "$now"
    printf '"urgency": "Immediate", "certainty": "Observed", "substances": [{"name": "chlorine"}], '
    printf '"texts": {"ky": {"headline": "%s"}}%s}\n' "$2" "${3:-}"
}

send() { # id; the event comes on standard input
    kafka -P -t "cbrn.from.$body.incidents" -k "$situation" \
        -X partitioner=murmur2_random -X acks=all -X enable.idempotence=true \
        -H ce_specversion=1.0 -H "ce_id=$1" -H "ce_source=/$body" -H ce_type=kg.cbrn.incident.chemical-release.v1 \
        -H "ce_time=$now" -H content-type=application/json
}

event Alert 'Хлор агып чыкты, терезелерди жабыңыз, үйдөн чыкпаңыз' | send "$id"
event Alert 'Хлор агып чыкты, терезелерди жабыңыз, үйдөн чыкпаңыз' | send "$id" # after an answer that never came
event Update 'Хлордун агып чыгуусу токтоду' ", \"references\": [\"$id\"]" | send "$(cat /proc/sys/kernel/random/uuid)"
