// Random instances of every kind of metadata record.
#pragma once

#include "runtime/base/check.hpp"
#include "runtime/base/random.hpp"
#include "runtime/metadata/records.hpp"

namespace troupe::metadata {

class record_maker {
public:
  explicit record_maker(std::uint64_t seed) : random_(seed) {}

  record any() { return of_kind(random_.below(std::variant_size_v<record>)); }

  record of_kind(std::size_t kind) {
    switch (kind) {
    case 0:
      return cluster_record{text()};
    case 1:
      return feature_level_record{text(), static_cast<std::int16_t>(random_.next())};
    case 2:
      return register_broker_record{node(), broker_incarnation{random_.next()}, epoch(), endpoints(), rack(),
                                    flip()};
    case 3:
      return fence_broker_record{node(), epoch()};
    case 4:
      return unfence_broker_record{node(), epoch()};
    case 5:
      return topic_record{text(), id()};
    case 6:
      return partition_record{id(),
                              partition_id{number()},
                              nodes(),
                              nodes(),
                              node(),
                              leader_epoch{number()},
                              partition_epoch{number()},
                              nodes(),
                              nodes(),
                              nodes(),
                              nodes()};
    case 7:
      return partition_change_record{id(),
                                     partition_id{number()},
                                     nodes(),
                                     nodes(),
                                     node(),
                                     leader_epoch{number()},
                                     partition_epoch{number()},
                                     nodes(),
                                     nodes(),
                                     nodes(),
                                     nodes()};
    case 8:
      return remove_topic_record{id()};
    case 9:
      return topic_config_record{id(), text(), rack()};
    case 10:
      return producer_ids_record{producer_id{static_cast<std::int64_t>(random_.next())}};
    case 12:
      return shut_down_broker_record{node(), epoch()};
    case 13:
      return unregister_broker_record{node(), epoch()};
    case 14:
      return broker_epoch_record{epoch()};
    case 11:
      return broker_config_record{node(), text(), rack()};
    }
    CHECK(false, "a kind that there is not");
  }

  std::vector<record> batch(std::size_t most) {
    std::vector<record> records;
    for (auto left = random_.below(most + 1); left > 0; --left)
      records.push_back(any());
    return records;
  }

  random_source& random() { return random_; }

private:
  bool flip() { return random_.one_in(2); }
  std::int32_t number() { return static_cast<std::int32_t>(random_.next()); }
  node_id node() { return node_id{number()}; }
  broker_epoch epoch() { return broker_epoch{static_cast<std::int64_t>(random_.next())}; }

  std::string text() {
    std::string made;
    for (auto left = random_.below(random_.one_in(20) ? 3000 : 20); left > 0; --left)
      made.push_back(static_cast<char>(random_.next()));
    return made;
  }

  std::optional<std::string> rack() { return flip() ? std::optional{text()} : std::nullopt; }

  std::vector<node_id> nodes() {
    std::vector<node_id> made;
    for (auto left = random_.below(6); left > 0; --left)
      made.push_back(node());
    return made;
  }

  std::vector<endpoint> endpoints() {
    std::vector<endpoint> made;
    for (auto left = random_.below(4); left > 0; --left)
      made.push_back({text(), text(), static_cast<std::uint16_t>(random_.next())});
    return made;
  }

  topic_id id() {
    topic_id made;
    for (auto& b : made.bytes)
      b = static_cast<std::uint8_t>(random_.next());
    return made;
  }

  random_source random_;
};

} // namespace troupe::metadata
