// Reads whole partitions and holds them against the writers' journals: every acknowledged record is there, once, at its
// offset, in the writer's order, byte for byte; what was never sent is not there; no offset is missing.
//
//   verifier run --broker B --topic T --journals FILE,FILE... [--deadline-s 120] [--damaged P:FROM-TO,...]
//
// --damaged: offsets whose loss was arranged: none of them may come, and their absence is no error.
// Exit code 0 and a summary, or 1 and the first twenty things that are wrong.

#include "tests/faults/made_record.hpp"
#include "tests/support_cpp/rdkafka.hpp"

#include <chrono>
#include <fstream>
#include <sstream>
#include <vector>

namespace {

using namespace outside;

constexpr int64_t not_acknowledged = -1;
// librdkafka takes a batch for written when a later one of the same partition is: the answer to it was lost, and where it lies
// nobody said.
constexpr int64_t somewhere = -2;

struct range {
  int32_t partition;
  int64_t from, to; // both inside
};

struct writer_log {
  journal_header header;
  std::vector<int64_t> offset_of; // by number
  std::vector<bool> seen;
  std::vector<int64_t> last_in;   // by partition: the highest number met
};

class judge {
public:
  void load(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    writer_log log;
    if (!file.read(reinterpret_cast<char*>(&log.header), sizeof log.header)
        || log.header.magic != journal_header::expected_magic || (log.header.attempted == 0))
      give_up(path + ": not the journal of a writer that ended");
    log.offset_of.assign(log.header.attempted, not_acknowledged);
    log.seen.assign(log.header.attempted, false);
    log.last_in.assign(log.header.partitions, -1);
    journal_entry entry;
    while (file.read(reinterpret_cast<char*>(&entry), sizeof entry)) {
      if (entry.number >= log.header.attempted || log.offset_of[entry.number] != not_acknowledged)
        wrong("writer " + std::to_string(log.header.writer) + ": record " + std::to_string(entry.number)
              + " acknowledged twice");
      else
        log.offset_of[entry.number] = entry.offset < 0 ? somewhere : entry.offset, ++acknowledged_;
    }
    if (log.header.writer != writers_.size())
      give_up(path + ": journals must be given in the writers' order");
    next_offset_.resize(log.header.partitions, 0);
    writers_.push_back(std::move(log));
  }

  void damaged(const std::string& text) {
    std::istringstream all{text};
    for (std::string one; std::getline(all, one, ',');) {
      range r{};
      if (std::sscanf(one.c_str(), "%d:%ld-%ld", &r.partition, &r.from, &r.to) != 3)
        give_up("not P:FROM-TO: " + one);
      damaged_.push_back(r);
    }
  }

  void take(const rd_kafka_message_t& m) {
    ++read_;
    if (is_damaged(m.partition, m.offset))
      wrong(place(m) + "a damaged record was served");
    auto& due = next_offset_[m.partition];
    while (due < m.offset && is_damaged(m.partition, due))
      ++due;
    if (due != m.offset)
      wrong(place(m) + "offset " + std::to_string(due) + " was due");
    due = m.offset + 1;
    const void* value = nullptr;
    size_t size = 0;
    rd_kafka_headers_t* headers = nullptr;
    const auto id = rd_kafka_message_headers(&m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR
                        && rd_kafka_header_get_last(headers, "id", &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR
                      ? decode(value, size)
                      : std::nullopt;
    if (!id || id->writer >= writers_.size() || id->number >= writers_[id->writer].header.attempted) {
      wrong(place(m) + "a record that nobody sent");
      return;
    }
    account(m, *id);
    compare(m, *headers, make_record(*id, writers_[id->writer].header.partitions, writers_[id->writer].header.base_ms));
  }

  /// After the last record.
  void finish() {
    for (const auto& log : writers_)
      for (uint64_t n = 0; n < log.header.attempted; ++n) {
        if (log.offset_of[n] == not_acknowledged || log.seen[n])
          continue;
        const auto partition = make_record({log.header.writer, n}, log.header.partitions, log.header.base_ms).partition;
        if (!is_damaged(partition, log.offset_of[n]))
          wrong("LOST: writer " + std::to_string(log.header.writer) + " record " + std::to_string(n)
                + " was acknowledged at " + std::to_string(partition) + ":" + std::to_string(log.offset_of[n]));
      }
  }

  void wrong(const std::string& what) {
    if (++wrong_ <= 20)
      std::printf("WRONG: %s\n", what.c_str());
  }

  int summary() const {
    std::printf("%llu read, %llu acknowledged, %llu wrong\n", static_cast<unsigned long long>(read_),
                static_cast<unsigned long long>(acknowledged_), static_cast<unsigned long long>(wrong_));
    return wrong_ || !acknowledged_ ? 1 : 0;
  }

  int32_t partitions() const { return static_cast<int32_t>(next_offset_.size()); }

private:
  bool is_damaged(int32_t partition, int64_t offset) const {
    for (const auto& r : damaged_)
      if (r.partition == partition && r.from <= offset && offset <= r.to)
        return true;
    return false;
  }

  static std::string place(const rd_kafka_message_t& m) {
    return std::to_string(m.partition) + ":" + std::to_string(m.offset) + ": ";
  }

  void account(const rd_kafka_message_t& m, record_id id) {
    auto& log = writers_[id.writer];
    const auto name = "writer " + std::to_string(id.writer) + " record " + std::to_string(id.number);
    if (log.seen[id.number])
      wrong(place(m) + "DUPLICATE: " + name);
    log.seen[id.number] = true;
    const auto told = log.offset_of[id.number];
    if (told != not_acknowledged && told != somewhere && told != m.offset)
      wrong(place(m) + name + " was acknowledged at " + std::to_string(told));
    if (static_cast<int64_t>(id.number) <= log.last_in[m.partition])
      wrong(place(m) + "OUT OF ORDER: " + name + " after " + std::to_string(log.last_in[m.partition]));
    log.last_in[m.partition] = static_cast<int64_t>(id.number);
  }

  static bool same(const std::optional<std::string>& want, const void* data, size_t size) {
    return want ? data && size == want->size() && std::memcmp(data, want->data(), size) == 0 : data == nullptr;
  }

  void compare(const rd_kafka_message_t& m, const rd_kafka_headers_t& headers, const made_record& want) {
    if (m.partition != want.partition)
      wrong(place(m) + "belongs into partition " + std::to_string(want.partition));
    if (!same(want.key, m.key, m.key_len))
      wrong(place(m) + "another key");
    if (!same(want.value, m.payload, m.len))
      wrong(place(m) + "another value");
    rd_kafka_timestamp_type_t type{};
    if (rd_kafka_message_timestamp(&m, &type) != want.timestamp_ms || type != RD_KAFKA_TIMESTAMP_CREATE_TIME)
      wrong(place(m) + "another time stamp");
    bool equal = rd_kafka_header_cnt(&headers) == want.headers.size();
    for (size_t i = 0; equal && i < want.headers.size(); ++i) {
      const char* name = nullptr;
      const void* value = nullptr;
      size_t size = 0;
      equal = rd_kafka_header_get_all(&headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR
              && want.headers[i].first == name && same(want.headers[i].second, value, size);
    }
    if (!equal)
      wrong(place(m) + "other headers");
  }

  std::vector<writer_log> writers_;
  std::vector<int64_t> next_offset_;
  std::vector<range> damaged_;
  uint64_t read_ = 0, acknowledged_ = 0, wrong_ = 0;
};

void read_all(const options& given, judge& verdict) {
  auto consumer = make(RD_KAFKA_CONSUMER,
                       settings({{"bootstrap.servers", given.text("broker", "")}, {"check.crcs", "true"},
                                 {"enable.partition.eof", "true"}, {"fetch.wait.max.ms", "50"}, {"log_level", "3"},
                                 {"auto.offset.reset", "error"}, {"queued.max.messages.kbytes", "65536"}}));
  topic from{rd_kafka_topic_new(consumer.get(), given.text("topic", "faults").c_str(), nullptr)};
  queue arrivals{rd_kafka_queue_new(consumer.get())};
  for (int32_t p = 0; p < verdict.partitions(); ++p)
    rd_kafka_consume_start_queue(from.get(), p, RD_KAFKA_OFFSET_BEGINNING, arrivals.get());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{given.number("deadline-s", 120)};
  std::vector<bool> ended(verdict.partitions(), false);
  for (int32_t open = verdict.partitions(); open > 0;) {
    if (std::chrono::steady_clock::now() > deadline) {
      verdict.wrong("the deadline passed before every partition was read to its end");
      break;
    }
    message m{rd_kafka_consume_queue(arrivals.get(), 200)};
    if (!m)
      continue;
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
      open -= ended[m->partition] ? 0 : 1, ended[m->partition] = true;
    else if (m->err)
      verdict.wrong(std::string{"consumer: "} + rd_kafka_message_errstr(m.get()));
    else
      verdict.take(*m);
  }
  for (int32_t p = 0; p < verdict.partitions(); ++p)
    rd_kafka_consume_stop(from.get(), p);
}

} // namespace

int main(int argc, char** argv) {
  options given{argc, argv};
  judge verdict;
  std::istringstream paths{given.text("journals", "")};
  for (std::string path; std::getline(paths, path, ',');)
    verdict.load(path);
  verdict.damaged(given.text("damaged", ""));
  read_all(given, verdict);
  verdict.finish();
  return verdict.summary();
}
