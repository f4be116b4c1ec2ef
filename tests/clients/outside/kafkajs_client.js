// kafkajs: node kafkajs_client.js BROKER. (No lz4: its codecs for that need a compiler.) It has no consumer without a group, so kcat reads what it wrote.
const { Kafka, CompressionTypes, CompressionCodecs, logLevel } = require('kafkajs')
const { execFileSync } = require('child_process')
const assert = require('assert')

CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy')
let zstd
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async encoder => Buffer.from(zstd.compress(encoder.buffer)),
  decompress: async buffer => Buffer.from(zstd.decompress(buffer)),
})

const broker = process.argv[2]
const kafka = new Kafka({ clientId: 'outside', brokers: broker.split(','), logLevel: logLevel.NOTHING, retry: { retries: 3 } })
const admin = kafka.admin()
const start = Date.now() - 60000
let failed = 0

async function check(name, body) {
  try {
    await body()
    console.log(`ok ${name}`)
  } catch (error) {
    failed++
    console.error(error)
    console.log(`FAILED ${name}: ${String(error.message).replace(/\s+/g, ' ').slice(0, 300)}`)
  }
}

const made = count => Array.from({ length: count }, (_, i) => ({
  partition: i % 3, key: i % 5 ? `key ${i}` : null, value: i % 7 ? `value ${i} `.repeat(i % 40) : null,
  headers: { n: String(i) }, timestamp: String(start + i * 10),
}))

function stored(topic) {
  const out = execFileSync('kcat', ['-b', broker, '-C', '-t', topic, '-e', '-q', '-J'], { maxBuffer: 1 << 28 })
  return out.toString().trim().split('\n').filter(Boolean).map(row => JSON.parse(row))
}

async function create(topic, numPartitions = 3) {
  assert.strictEqual(await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true }), true)
  return topic
}

async function roundTrip(topic, compression, settings = {}) {
  await create(topic)
  const producer = kafka.producer(settings)
  await producer.connect()
  const messages = made(600)
  for (let i = 0; i < messages.length; i += 200) {
    await producer.send({ topic, compression, acks: -1, messages: messages.slice(i, i + 200) })
  }
  await producer.disconnect()
  const rows = stored(topic)
  for (const p of [0, 1, 2]) {
    assert.deepStrictEqual(
      rows.filter(r => r.partition === p).map(r => [r.offset, r.key, r.payload, r.headers, r.ts]),
      messages.filter(m => m.partition === p).map((m, i) => [i, m.key, m.value, ['n', m.headers.n], Number(m.timestamp)]))
  }
}

async function offsets() {
  const topic = 'js-gzip'
  const ends = await admin.fetchTopicOffsets(topic)
  assert.deepStrictEqual(ends.map(o => [o.partition, o.low, o.high]).sort(), [[0, '0', '200'], [1, '0', '200'], [2, '0', '200']])
  const at = await admin.fetchTopicOffsetsByTimestamp(topic, start + 3000)
  assert.deepStrictEqual(at.map(o => [o.partition, o.offset]).sort(), [[0, '100'], [1, '100'], [2, '100']])
}

async function metadata() {
  const found = await admin.fetchTopicMetadata({ topics: ['js-gzip'] })
  assert.strictEqual(found.topics[0].partitions.length, 3)
  const cluster = await admin.describeCluster()
  assert.strictEqual(cluster.brokers.length, broker.split(',').length)
  assert.ok(cluster.brokers.some(one => one.nodeId === cluster.controller))
}

async function errors() {
  assert.strictEqual(await admin.createTopics({ topics: [{ topic: 'js-gzip' }] }), false)
  await assert.rejects(admin.createTopics({ topics: [{ topic: 'no/slash' }] }))
  await assert.rejects(admin.deleteTopics({ topics: ['js-nowhere'] }), e => /topic-partition|UNKNOWN_TOPIC/.test(`${e.type} ${e.message}`))
  const producer = kafka.producer({ retry: { retries: 0 } })
  await producer.connect()
  await assert.rejects(producer.send({ topic: 'js-gzip', messages: [{ value: 'x'.repeat(3e6) }] }), e => /MESSAGE_TOO_LARGE|larger/.test(`${e.type} ${e.message}`))
  await producer.disconnect()
}

async function configs() {
  const topic = 'js-configs'
  await create(topic)
  const resources = [{ type: 2, name: topic, configNames: ['retention.ms'] }]
  const before = await admin.describeConfigs({ resources, includeSynonyms: true })
  assert.strictEqual(before.resources[0].configEntries[0].configValue, '604800000')
  await admin.alterConfigs({ resources: [{ type: 2, name: topic, configEntries: [{ name: 'retention.ms', value: '5000' }] }] })
  const after = await admin.describeConfigs({ resources, includeSynonyms: true })
  assert.strictEqual(after.resources[0].configEntries[0].configValue, '5000')
  await assert.rejects(admin.alterConfigs({ resources: [{ type: 2, name: topic, configEntries: [{ name: 'retension.ms', value: '5' }] }] }))
  await admin.createPartitions({ topicPartitions: [{ topic, count: 6 }] })
  assert.strictEqual((await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length, 6)
  await assert.rejects(admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] }))
}

async function deleted() {
  await create('js-short-lived')
  await admin.deleteTopics({ topics: ['js-short-lived'] })
  for (let i = 0; i < 100; i++) {
    if (!(await admin.listTopics()).includes('js-short-lived')) return
    await new Promise(done => setTimeout(done, 50))
  }
  assert.fail('still listed')
}

async function main() {
  console.log('kafkajs', require('kafkajs/package.json').version)
  await new Promise(done => require('zstd-codec').ZstdCodec.run(z => { zstd = new z.Simple(); done() }))
  await admin.connect()
  for (const [name, type] of Object.entries({ none: 0, gzip: 1, snappy: 2, zstd: 4 })) {
    await check(`round trip, ${name}`, () => roundTrip(`js-${name}`, type))
  }
  await check('round trip, idempotent', () => roundTrip('js-idempotent', 0, { idempotent: true, maxInFlightRequests: 1 }))
  await check('offsets', offsets)
  await check('metadata', metadata)
  await check('errors', errors)
  await check('configs', configs)
  await check('delete', deleted)
  await admin.disconnect()
  process.exit(failed ? 1 : 0)
}

main()
