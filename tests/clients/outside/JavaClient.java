// Apache Kafka's own client: java -cp 'libs/*' JavaClient.java BROKER
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.common.utils.AppInfoParser;

public class JavaClient {
  interface Body { void run() throws Exception; }

  static String broker;
  static Admin admin;
  static int failed = 0;
  static final short REPLICAS = Short.parseShort(System.getenv().getOrDefault("REPLICAS", "1"));
  static final long START = System.currentTimeMillis() - 60_000;

  static void check(String name, Body body) {
    try {
      body.run();
      System.out.println("ok " + name);
    } catch (Throwable error) {
      failed++;
      error.printStackTrace();
      System.out.println("FAILED " + name + ": " + String.valueOf(error).replaceAll("\\s+", " "));
    }
  }

  static void same(Object got, Object want, String what) {
    if (!Objects.equals(got, want)) throw new AssertionError(what + ": got " + got + ", want " + want);
  }

  static void fails(Class<? extends Throwable> kind, Future<?> future) throws Exception {
    try {
      future.get(20, TimeUnit.SECONDS);
    } catch (ExecutionException error) {
      if (kind.isInstance(error.getCause())) return;
      throw new AssertionError("another error: " + error.getCause());
    }
    throw new AssertionError("no error, " + kind.getSimpleName() + " was due");
  }

  static Map<String, Object> with(Object... pairs) {
    Map<String, Object> map = new HashMap<>(Map.of("bootstrap.servers", broker));
    for (int i = 0; i < pairs.length; i += 2) map.put((String) pairs[i], pairs[i + 1]);
    return map;
  }

  static String create(String name, int partitions) throws Exception {
    admin.createTopics(List.of(new NewTopic(name, partitions, REPLICAS))).all().get(20, TimeUnit.SECONDS);
    return name;
  }

  static String text(byte[] data) { return data == null ? null : new String(data, StandardCharsets.UTF_8); }

  static void roundTrip(String codec) throws Exception {
    String topic = create("java-" + codec, 3);
    List<List<String>> sent = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    try (var producer = new KafkaProducer<>(with("compression.type", codec, "linger.ms", 5), new StringSerializer(), new StringSerializer())) {
      List<Future<RecordMetadata>> pending = new ArrayList<>();
      for (int i = 0; i < 3000; i++) {
        String key = i % 5 == 0 ? null : "key " + i, value = i % 7 == 0 ? null : ("value " + i + " ").repeat(i % 40);
        var record = new ProducerRecord<>(topic, i % 3, START + i, key, value);
        record.headers().add("n", String.valueOf(i).getBytes(StandardCharsets.UTF_8));
        pending.add(producer.send(record));
        sent.get(i % 3).add(sent.get(i % 3).size() + "|" + key + "|" + value + "|" + (START + i) + "|n=" + i);
      }
      for (int i = 0; i < 3000; i++) same(pending.get(i).get(20, TimeUnit.SECONDS).offset(), (long) (i / 3), "offset of record " + i);
    }
    List<List<String>> got = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    try (var consumer = new KafkaConsumer<>(with("auto.offset.reset", "earliest"), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1), new TopicPartition(topic, 2)));
      long end = System.currentTimeMillis() + 20_000;
      for (int count = 0; count < 3000 && System.currentTimeMillis() < end;) {
        for (var r : consumer.poll(Duration.ofMillis(500))) {
          Header h = r.headers().lastHeader("n");
          got.get(r.partition()).add(r.offset() + "|" + text(r.key()) + "|" + text(r.value()) + "|" + r.timestamp() + "|n=" + text(h.value()));
          count++;
        }
      }
    }
    for (int p = 0; p < 3; p++) same(got.get(p), sent.get(p), "records of partition " + p);
  }

  static void offsets() throws Exception {
    TopicPartition where = new TopicPartition("java-none", 0);
    try (var consumer = new KafkaConsumer<>(with(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      same(consumer.beginningOffsets(List.of(where)).get(where), 0L, "first offset");
      same(consumer.endOffsets(List.of(where)).get(where), 1000L, "end offset");
      same(consumer.offsetsForTimes(Map.of(where, START + 301)).get(where).offset(), 101L, "offset by time");
      same(consumer.offsetsForTimes(Map.of(where, START + 1_000_000)).get(where), null, "offset after everything");
      consumer.assign(List.of(where));
      consumer.seek(where, 500);
      same(consumer.poll(Duration.ofSeconds(10)).iterator().next().offset(), 500L, "record after a seek into a batch");
    }
    var max = admin.listOffsets(Map.of(where, OffsetSpec.maxTimestamp())).partitionResult(where).get(20, TimeUnit.SECONDS);
    same(max.offset(), 999L, "offset of the largest time stamp");
  }

  static void errors() throws Exception {
    fails(TopicExistsException.class, admin.createTopics(List.of(new NewTopic("java-none", 1, (short) 1))).all());
    fails(InvalidTopicException.class, admin.createTopics(List.of(new NewTopic("no/slash", 1, (short) 1))).all());
    fails(InvalidReplicationFactorException.class, admin.createTopics(List.of(new NewTopic("java-rf", 1, (short) 9))).all());
    fails(UnknownTopicOrPartitionException.class, admin.deleteTopics(List.of("java-nowhere")).all());
    try (var producer = new KafkaProducer<>(with("max.request.size", 8_000_000), new StringSerializer(), new StringSerializer())) {
      fails(RecordTooLargeException.class, producer.send(new ProducerRecord<>("java-none", "x".repeat(3_000_000))));
    }
  }

  // The consumer reads in fetch sessions: after the first round it names only partitions that change.
  static void sessions() throws Exception {
    String topic = create("java-sessions", 20);
    List<TopicPartition> all = new ArrayList<>();
    for (int p = 0; p < 20; p++) all.add(new TopicPartition(topic, p));
    try (var producer = new KafkaProducer<>(with("acks", "all"), new StringSerializer(), new StringSerializer());
         var consumer = new KafkaConsumer<>(with("auto.offset.reset", "earliest", "fetch.max.wait.ms", 100), new StringDeserializer(), new StringDeserializer())) {
      for (int round = 0; round < 30; round++) {
        // Half of the partitions are left and taken up again.
        var assigned = round % 10 < 5 ? all : all.subList(0, 10);
        var place = all.get(round % assigned.size());
        consumer.assign(assigned);
        long offset = producer.send(new ProducerRecord<>(topic, place.partition(), null, "round " + round)).get(20, TimeUnit.SECONDS).offset();
        long end = System.currentTimeMillis() + 10_000;
        for (boolean found = false; !found;) {
          if (System.currentTimeMillis() > end) throw new AssertionError("round " + round + " does not arrive");
          for (var r : consumer.poll(Duration.ofMillis(200)))
            found |= r.partition() == place.partition() && r.offset() == offset && r.value().equals("round " + round);
        }
      }
      var first = all.get(0);
      for (int i = 0; i < 10; i++) producer.send(new ProducerRecord<>(topic, 0, null, "more " + i)).get(20, TimeUnit.SECONDS);
      consumer.assign(List.of(first, all.get(1)));
      consumer.seek(first, 0);
      long before = consumer.endOffsets(List.of(first)).get(first) - 3;
      var low = admin.deleteRecords(Map.of(first, RecordsToDelete.beforeOffset(before))).lowWatermarks().get(first).get(20, TimeUnit.SECONDS);
      same(low.lowWatermark(), before, "low watermark");
      List<Long> left = new ArrayList<>();
      long end = System.currentTimeMillis() + 10_000;
      while (left.size() < 3 && System.currentTimeMillis() < end) for (var r : consumer.poll(Duration.ofMillis(200))) if (r.partition() == 0) left.add(r.offset());
      same(left, List.of(before, before + 1, before + 2), "what is left to a reader that was sent back");
      fails(org.apache.kafka.common.errors.OffsetOutOfRangeException.class, admin.deleteRecords(Map.of(first, RecordsToDelete.beforeOffset(before + 100))).all());
      var producers = admin.describeProducers(List.of(first)).partitionResult(first).get(20, TimeUnit.SECONDS).activeProducers();
      same(producers.size(), 1, "active producers");
      for (var replica : admin.describeTopics(List.of(topic)).allTopicNames().get(20, TimeUnit.SECONDS).get(topic).partitions().get(0).replicas()) {
        var found = admin.describeLogDirs(List.of(replica.id())).descriptions().get(replica.id()).get(20, TimeUnit.SECONDS).entrySet().iterator().next();
        var directory = found.getValue();
        same(directory.replicaInfos().get(first).size() > 0, true, "a size on node " + replica.id());
        same(directory.totalBytes().isPresent() && directory.usableBytes().getAsLong() <= directory.totalBytes().getAsLong(), true, "the volume");
        var there = new TopicPartitionReplica(topic, 0, replica.id());
        admin.alterReplicaLogDirs(Map.of(there, found.getKey())).all().get(20, TimeUnit.SECONDS);
        fails(org.apache.kafka.common.errors.LogDirNotFoundException.class, admin.alterReplicaLogDirs(Map.of(there, "/nowhere")).all());
      }
    }
  }

  static void deleted() throws Exception {
    create("java-short-lived", 3);
    admin.deleteTopics(List.of("java-short-lived")).all().get(20, TimeUnit.SECONDS);
    long end = System.currentTimeMillis() + 10_000;
    while (admin.listTopics().names().get(20, TimeUnit.SECONDS).contains("java-short-lived")) {
      if (System.currentTimeMillis() > end) throw new AssertionError("still listed");
      Thread.sleep(50);
    }
  }

  public static void main(String[] args) {
    broker = args[0];
    System.out.println("kafka-clients " + AppInfoParser.getVersion());
    admin = Admin.create(with());
    for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) check("idempotent round trip, " + codec, () -> roundTrip(codec));
    check("cluster", () -> same(admin.describeCluster().nodes().get(20, TimeUnit.SECONDS).size(), broker.split(",").length, "nodes"));
    check("offsets", JavaClient::offsets);
    check("errors", JavaClient::errors);
    check("fetch sessions and deleted records", JavaClient::sessions);
    check("delete", JavaClient::deleted);
    admin.close();
    System.exit(failed == 0 ? 0 : 1);
  }
}
