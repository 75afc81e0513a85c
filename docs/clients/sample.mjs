// An agency's client in Node with kafkajs (npm install kafkajs), which is JavaScript alone.
// `node sample.mjs` publishes, `node sample.mjs read` prints what the body is told.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import kafkajs from 'kafkajs'

const { Kafka, Partitioners, logLevel } = kafkajs
const servers = (process.env.CBRN_BOOTSTRAP_SERVERS ?? '127.0.0.1:9092').split(',')
const body = process.env.CBRN_BODY ?? 'mes'
const secured = process.env.CBRN_SECURITY_PROTOCOL === 'PLAINTEXT' ? {} : {
  ssl: { ca: [readFileSync(process.env.CBRN_CA_FILE)] }, // the credentials file itself will do
  sasl: { mechanism: 'scram-sha-512', username: process.env.CBRN_USERNAME, password: process.env.CBRN_PASSWORD },
}
const kafka = new Kafka({ brokers: servers, logLevel: logLevel.ERROR, ...secured })
const situation = `KG-2026-sample-${randomUUID()}` // one name for all reports about it

function message(id, message_type, headline, more = {}) {
  const now = new Date().toISOString()
  const event = {
    kind: 'chemical-release', hazard: 'chemical', body, situation, message_type, observed: now, reported: now,
    where: { district: '41708203' }, severity: 'Severe', urgency: 'Immediate', certainty: 'Observed',
    substances: [{ name: 'chlorine' }], texts: { ky: { headline } }, ...more,
  }
  const headers = {
    ce_specversion: '1.0', ce_id: id, ce_source: `/${body}`, ce_type: 'kg.cbrn.incident.chemical-release.v1',
    ce_time: now, 'content-type': 'application/json',
  }
  return { key: situation, value: JSON.stringify(event), headers }
}

async function publish() {
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner, // murmur2, as Java; LegacyPartitioner is another
    idempotent: true,
    maxInFlightRequests: 1,
  })
  const send = (one) => producer.send({ topic: `cbrn.from.${body}.incidents`, acks: -1, messages: [one] })
  await producer.connect()
  const id = randomUUID() // made once, and kept with the event
  const first = message(id, 'Alert', 'Хлор агып чыкты, терезелерди жабыңыз, үйдөн чыкпаңыз')
  await send(first)
  await send(first) // after an answer that never came: the same id and bytes, counted once
  await send(message(randomUUID(), 'Update', 'Хлордун агып чыгуусу токтоду', { references: [id] }))
  await producer.disconnect()
}

async function read() {
  const consumer = kafka.consumer({ groupId: `cbrn.to.${body}.sample`, readUncommitted: false })
  await consumer.connect()
  await consumer.subscribe({ topic: `cbrn.to.${body}.alerts`, fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message: alert }) => console.log(`${alert.headers.ce_id} ${alert.value}`),
  })
}

await (process.argv[2] === 'read' ? read() : publish())
