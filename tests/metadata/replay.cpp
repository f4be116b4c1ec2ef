#define CAF_SUITE replay
#include "caf/test/unit_test.hpp"

#include "tests/metadata/helpers.hpp"

using namespace troupe;
using namespace troupe::metadata;

namespace {

/// Commands as clients and brokers might send them, sensible and not.
class command_maker {
public:
  explicit command_maker(std::uint64_t seed) : random_(seed) {}

  command any(const metadata_image& image) {
    switch (random_.below(13)) {
    case 0: {
      register_broker r;
      r.node = node();
      r.incarnation = broker_incarnation{random_.below(3)};
      r.endpoints = {{"kafka", "127.0.0.1", static_cast<std::uint16_t>(9000 + random_.below(3))}};
      if (random_.one_in(2))
        r.rack = numbered("rack", random_.below(2));
      r.fenced = random_.one_in(3);
      r.storage_kept = !random_.one_in(3);
      return r;
    }
    case 1:
      return fence_broker{node_id{1}, epoch(image, node_id{1})};
    case 2: {
      auto n = node();
      return unfence_broker{n, epoch(image, n)};
    }
    case 3:
    case 4: {
      create_topics c;
      for (auto left = 1 + random_.below(4); left > 0; --left) {
        auto& t = c.topics.emplace_back();
        t.name = name();
        t.partitions = static_cast<std::int32_t>(random_.below(6)) - 1;
        t.replication_factor = static_cast<std::int16_t>(random_.below(4)) - 1;
        if (random_.one_in(3))
          t.configs.push_back({"retention.ms", std::to_string(random_.below(100))});
      }
      c.validate_only = random_.one_in(5);
      return c;
    }
    case 5:
      return delete_topics{{{name(), {}}, {name(), {}}}};
    case 6:
      return create_partitions{{{name(), static_cast<std::int32_t>(random_.below(9)), {}}},
                               random_.one_in(5)};
    case 7: {
      auto n = node();
      return broker_heartbeat{n, epoch(image, n), image.version(), random_.one_in(5), random_.one_in(5)};
    }
    case 8:
      return unregister_broker{node()};
    case 9:
      return in_sync_change(image);
    case 10: {
      elect_leaders e;
      e.kind = random_.one_in(3) ? election_kind::unclean : election_kind::preferred;
      if (random_.one_in(2))
        e.partitions = {some_partition(), some_partition(), some_partition()};
      return e;
    }
    case 11: {
      alter_reassignments a;
      for (auto left = 1 + random_.below(3); left > 0; --left) {
        auto& item = a.partitions.emplace_back();
        item.partition = some_partition();
        if (!random_.one_in(4))
          item.replicas = some_nodes();
      }
      return a;
    }
    default:
      return allocate_producer_ids{};
    }
  }

  random_source& random() { return random_; }

private:
  named_partition some_partition() {
    return {name(), partition_id{static_cast<std::int32_t>(random_.below(4))}};
  }

  std::vector<node_id> some_nodes() {
    std::vector<node_id> list;
    for (int n = 0; n < 4; ++n)
      if (random_.one_in(2))
        list.insert(list.begin() + static_cast<std::ptrdiff_t>(random_.below(list.size() + 1)), node_id{n});
    return list;
  }

  /// What a leader might say, with the right epochs as a rule.
  alter_partition in_sync_change(const metadata_image& image) {
    alter_partition what;
    what.leader = node();
    what.epoch = epoch(image, what.leader);
    image.for_each_topic([&](const topic& t) {
      if (!random_.one_in(3))
        return;
      auto number = random_.below(t.partitions.size());
      auto& p = t.partitions[number];
      if (p.leader != no_leader) {
        what.leader = p.leader;
        what.epoch = epoch(image, p.leader);
      }
      auto& item = what.partitions.emplace_back();
      item = {t.id, partition_id{static_cast<std::int32_t>(number)}, p.leader_epoch, p.partition_epoch, {}};
      for (auto n : some_nodes())
        item.isr.push_back({n, epoch(image, n)});
    });
    if (!what.partitions.empty())
      what.partitions.push_back(what.partitions.front());
    return what;
  }

  node_id node() { return node_id{static_cast<std::int32_t>(random_.below(4))}; }
  std::string name() {
    std::string made = random_.one_in(4) ? "a.x" : "a_x";
    made[0] = static_cast<char>('a' + random_.below(8));
    return made;
  }
  broker_epoch epoch(const metadata_image& image, node_id node) {
    auto* b = image.find_broker(node);
    return b ? b->epoch : broker_epoch{1};
  }

  random_source random_;
};

bool is_sound(const metadata_image& image, const partition& p) {
  auto in = [](const std::vector<node_id>& list, node_id n) {
    return std::find(list.begin(), list.end(), n) != list.end();
  };
  auto sound = !p.replicas.empty();
  for (auto* list : {&p.isr, &p.elr, &p.last_known_elr, &p.adding, &p.removing})
    for (auto node : *list)
      sound = sound && in(p.replicas, node) && std::count(list->begin(), list->end(), node) == 1;
  for (auto node : p.elr)
    sound = sound && !in(p.isr, node) && !in(p.last_known_elr, node);
  for (auto node : p.adding)
    sound = sound && !in(p.removing, node);
  sound = sound && p.replication_factor() > 0;
  if (static_cast<std::int32_t>(p.isr.size()) >= min_insync_of({}, p))
    sound = sound && p.elr.empty() && p.last_known_elr.empty();
  if (p.isr.empty()) // whoever was last has lost what it had
    sound = sound && p.leader == no_leader && !(p.elr.empty() && p.last_known_elr.empty());
  if (p.leader == no_leader)
    return sound;
  auto* b = image.find_broker(p.leader);
  return sound && b && !b->fenced && in(p.isr, p.leader);
}

/// What must hold in every image that a controller makes.
bool is_sound(const metadata_image& image) {
  auto sound = true;
  std::size_t partitions = 0;
  image.for_each_topic([&](const topic& t) {
    partitions += t.partitions.size();
    for (auto& p : t.partitions)
      sound = sound && is_sound(image, p);
  });
  return sound && partitions == image.partition_count();
}

} // namespace

CAF_TEST(the image from a snapshot and the tail is the image from all records) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    command_maker make{seed};
    controller_config options;
    options.seed = seed;
    controller_core live{options};
    auto all = metadata_image::empty();
    image_ptr resumed;
    metadata_version version;
    auto same = true;
    for (int i = 0; i < 150; ++i) {
      auto made = live.decide(make.any(*live.image()));
      if (made.records.empty())
        continue;
      auto stored = decode(encode(made.records).view()).value();
      same = same && stored == made.records;
      auto delta = live.replay(stored, ++version);
      CAF_REQUIRE(delta.has_value());
      same = same && delta->to == version;
      all = apply(all, stored, version).value().image;
      if (resumed)
        resumed = apply(resumed, stored, version).value().image;
      if (make.random().one_in(30))
        resumed = decode_snapshot(encode_snapshot(*all).view()).value();
      same = same && is_sound(*live.image());
    }
    CAF_CHECK(same);
    CAF_CHECK(*all == *live.image());
    if (resumed)
      CAF_CHECK(*resumed == *all);
  }
}

CAF_TEST(many decisions under way come to the same as one after the other) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    command_maker make{seed};
    controller_config options;
    options.seed = seed;
    controller_core piped{options}, waiting{options};
    std::vector<std::vector<record>> under_way;
    metadata_version version, other;
    auto same = true;
    for (int i = 0; i < 200; ++i) {
      auto what = make.any(*waiting.image());
      if (std::holds_alternative<broker_heartbeat>(what))
        continue; // only what is committed counts for being caught up
      auto a = piped.decide(what);
      auto b = waiting.decide(what);
      same = same && a.records == b.records;
      if (!b.records.empty()) {
        CAF_REQUIRE(waiting.replay(b.records, ++other).has_value());
        under_way.push_back(a.records);
      }
      while (!under_way.empty() && make.random().one_in(2)) {
        CAF_REQUIRE(piped.replay(under_way.front(), ++version).has_value());
        under_way.erase(under_way.begin());
      }
    }
    for (auto& records : under_way)
      CAF_REQUIRE(piped.replay(records, ++version).has_value());
    CAF_CHECK(same);
    CAF_CHECK(*piped.image() == *waiting.image());
  }
}

CAF_TEST(after leadership was lost only what is committed counts) {
  controller_fixture c;
  c.add_broker(1);
  new_topic t;
  t.name = "t";
  auto mine = c.core.decide(create_topics{{t}});
  c.core.decide(allocate_producer_ids{});
  c.core.abandon();
  // The first decision was committed after all, by the next leader.
  c.commit(mine.records);
  CAF_CHECK(c.create("t").what.code == errc::topic_already_exists);
  CAF_CHECK_EQUAL(c.run<allocate_producer_ids_reply>(allocate_producer_ids{}).first.value(), 0);
}

CAF_TEST(a controller goes on from a snapshot) {
  controller_fixture before;
  before.add_broker(1);
  before.create("t", 4);
  controller_core after{controller_config{}};
  after.restore(decode_snapshot(encode_snapshot(before.image()).view()).value());
  new_topic t;
  t.name = "t";
  auto made = after.decide(create_topics{{t}});
  CAF_CHECK(std::get<create_topics_reply>(made.answer).topics[0].what.code == errc::topic_already_exists);
}
