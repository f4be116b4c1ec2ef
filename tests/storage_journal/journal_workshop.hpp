// What the journal's tests share: small options, batches that tell where they belong, a reader.
#pragma once

#include "runtime/base/random.hpp"
#include "runtime/storage/journal.hpp"
#include "runtime/simulated/simulated_file_system.hpp"

#include <memory>
#include <string>
#include <vector>

namespace troupe::test {

inline storage::journal_options small_journal(std::uint64_t blocks_per_file = 20, std::size_t files = 4) {
  storage::journal_options options;
  options.directory = "data/journal";
  options.directory_id = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  options.file_size_bytes = blocks_per_file * storage::block_size_bytes;
  options.files_max = files;
  options.group_max_bytes = blocks_per_file * 2 / 5 * storage::block_size_bytes;
  return options;
}

inline topic_partition journal_partition(int n) {
  topic_partition name;
  name.topic.bytes[3] = 9;
  name.partition = partition_id{n};
  return name;
}

struct appended {
  int partition = 0;
  std::int64_t base = 0;
  std::int64_t next = 0;
  std::string batch;
  friend bool operator==(const appended&, const appended&) = default;
};

inline storage::journal_replay collect_into(std::vector<appended>& all) {
  return [&all](const storage::journal_entry& e) {
    all.push_back({e.partition.partition.value(), e.base_offset.value(), e.next_offset.value(),
                   std::string{e.batch.view()}});
  };
}

inline void append(storage::journal& log, const appended& a) {
  log.append(journal_partition(a.partition), offset{a.base}, offset{a.next}, a.batch);
}

} // namespace troupe::test
