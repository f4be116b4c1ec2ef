#define CAF_SUITE features
#include "caf/test/unit_test.hpp"

#include "actors/client/consumer.hpp"
#include "actors/client/producer.hpp"
#include "tests/native/places.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>

using namespace troupe;

namespace troupe::test {

struct position_wanted {
  client::consumer_actor of;
  client::get_position what;
};

} // namespace troupe::test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::test::position_wanted)

namespace {

using kind = client::partition_notice::kind;
using test::place;

/// What somebody got to see; any thread may look.
struct facts {
  std::mutex mutex;
  std::vector<std::string> values; ///< "partition/offset key=value name=text ..."
  std::vector<client::partition_notice> notices;
  std::vector<client::delivery> deliveries;
  std::optional<controller_reply> decided;
  std::optional<client::partition_position> position;
};

std::string text(const std::optional<std::string_view>& data) { return std::string{data.value_or("null")}; }

std::string described(const client::record_batch& batch, const client::received_record& record) {
  auto all = std::to_string(batch.partition().value()) + "/" + std::to_string(record.offset.value()) + " "
             + text(record.key) + "=" + text(record.value);
  for (auto& header : record.headers())
    all += " " + std::string{header.key} + "=" + text(header.value);
  return all;
}

client::batch_handler::behavior_type reader(client::batch_handler::pointer self, std::shared_ptr<facts> seen) {
  return {
      [=](const client::handed_batch& batch) {
        std::lock_guard lock{seen->mutex};
        for (auto& record : batch.records)
          seen->values.push_back(described(batch.records, record));
        self->send(batch.from, client::batch_done{batch.id});
      },
      [=](const client::partition_notice& notice) {
        std::lock_guard lock{seen->mutex};
        seen->notices.push_back(notice);
      },
  };
}

caf::behavior asker(caf::event_based_actor* self, std::shared_ptr<facts> seen) {
  self->set_default_handler(caf::drop);
  return {
      [=](const controller_reply& reply) {
        std::lock_guard lock{seen->mutex};
        seen->decided = reply;
      },
      [=](const client::delivery_report& report) {
        std::lock_guard lock{seen->mutex};
        seen->deliveries.insert(seen->deliveries.end(), report.deliveries.begin(), report.deliveries.end());
      },
      [=](const test::position_wanted& wanted) {
        self->request(wanted.of, caf::infinite, wanted.what)
            .then([=](const client::partition_position& position) {
              std::lock_guard lock{seen->mutex};
              seen->position = position;
            });
      },
  };
}

/// A topic, one producer and one consumer.
class session {
public:
  session(place& where, std::string topic, std::int32_t partitions = 1, client::producer_options options = {})
      : where_(where), topic_(std::move(topic)) {
    me_ = where_.system().spawn(asker, seen_);
    create(partitions);
    options.topic = topic_;
    producer_ = *client::spawn_producer(where_.system(), where_.access(), options);
    consumer_ = *client::spawn_consumer(where_.system(), where_.access(), {.assignments = {{topic_}}},
                                        [seen = seen_](caf::actor_system& s) { return s.spawn(reader, seen); });
  }
  ~session() {
    for (auto& one : {caf::actor_cast<caf::actor>(producer_), caf::actor_cast<caf::actor>(consumer_), me_})
      caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  }

  template <class F>
  auto look(F&& f) {
    std::lock_guard lock{seen_->mutex};
    return f(*seen_);
  }
  template <class F>
  bool comes_true(F&& f) {
    return where_.wait_until([&] { return look(f); });
  }

  void decide(metadata::command what) {
    look([](facts& f) { f.decided.reset(); });
    caf::anon_send(where_.access().controller,
                   controller_request{{}, std::move(what), caf::actor_cast<controller_client>(me_)});
    CAF_REQUIRE(comes_true([](facts& f) { return f.decided.has_value(); }));
    CAF_CHECK(look([](facts& f) { return f.decided->code; }) == errc::none);
  }
  void create(std::int32_t partitions) {
    metadata::create_topics wanted;
    wanted.topics.push_back({topic_, partitions, -1, {}, {}});
    decide(wanted);
  }
  void remove() { decide(metadata::delete_topics{{{topic_, {}}}}); }

  /// Until they are written.
  void write(std::vector<client::new_record> records) {
    auto wanted = written() + records.size();
    caf::anon_send(producer_, client::send_records{wanted, std::move(records),
                                                   caf::actor_cast<client::delivery_listener>(me_)});
    CAF_REQUIRE(where_.wait_until([&] { return written() >= wanted; }));
  }
  std::size_t written() {
    return look([](facts& f) {
      std::size_t sum = 0;
      for (auto& d : f.deliveries) {
        CAF_CHECK(d.is_written());
        sum += d.count;
      }
      return sum;
    });
  }

  /// Until this has been read, and nothing else since the last time.
  void reads(std::vector<std::string> wanted) {
    CAF_CHECK(comes_true([&](facts& f) { return f.values.size() >= wanted.size(); }));
    std::vector<std::string> got;
    look([&](facts& f) { got.swap(f.values); });
    CAF_CHECK_EQUAL(got, wanted);
  }
  bool told(kind what) {
    return comes_true([=](facts& f) {
      return std::any_of(f.notices.begin(), f.notices.end(), [=](auto& one) { return one.what == what; });
    });
  }
  client::partition_position position(std::int32_t partition = 0) {
    look([](facts& f) { f.position.reset(); });
    caf::anon_send(me_, test::position_wanted{consumer_, {topic_, partition_id{partition}}});
    CAF_REQUIRE(comes_true([](facts& f) { return f.position.has_value(); }));
    return look([](facts& f) { return *f.position; });
  }

  template <class Message>
  void tell(Message what) {
    caf::anon_send(consumer_, std::move(what));
  }
  const std::string& topic() const { return topic_; }

private:
  place& where_;
  std::string topic_;
  std::shared_ptr<facts> seen_ = std::make_shared<facts>();
  caf::actor me_;
  client::producer_actor producer_;
  client::consumer_actor consumer_;
};

client::new_record in_partition(std::int32_t partition, std::string_view value) {
  auto made = client::make_record(value);
  made.partition = partition_id{partition};
  return made;
}

void headers(place& where) {
  session s{where, "headers"};
  auto record = client::make_record("k", "v");
  record.headers = {{"trace", bytes::copy_of("17")}, {"trace", bytes::copy_of("")}, {"nothing", std::nullopt}};
  client::new_record bare;
  s.write({record, bare});
  s.reads({"0/0 k=v trace=17 trace= nothing=null", "0/1 null=null"});
}

void acks_of_the_leader(place& where) {
  client::producer_options options;
  options.acks = client::required_acks::leader;
  session s{where, "leader", 1, options};
  s.write({client::make_record("a")});
  s.write({client::make_record("b")});
  CAF_CHECK_EQUAL(s.look([](facts& f) { return f.deliveries.back().base_offset.value(); }), 1);
  s.reads({"0/0 null=a", "0/1 null=b"});
}

void compression(place& where) {
  for (auto type : {record::compression::gzip, record::compression::snappy, record::compression::lz4,
                    record::compression::zstd}) {
    client::producer_options options;
    options.compression_type = type;
    session s{where, std::string{"packed-"} + std::string{record::name(type)}, 1, options};
    std::vector<client::new_record> records;
    std::vector<std::string> wanted;
    for (int i = 0; i < 500; ++i) {
      records.push_back(client::make_record("the same again and again"));
      wanted.push_back("0/" + std::to_string(i) + " null=the same again and again");
    }
    s.write(std::move(records));
    s.reads(std::move(wanted));
  }
}

void pause_and_seek(place& where) {
  session s{where, "paused", 2};
  s.write({in_partition(0, "a"), in_partition(0, "b"), in_partition(0, "c")});
  s.reads({"0/0 null=a", "0/1 null=b", "0/2 null=c"});
  CAF_CHECK(where.wait_until([&] { return s.position().answered == offset{3}; }));
  s.tell(client::pause_partition{s.topic(), partition_id{0}});
  CAF_CHECK_EQUAL(s.position().handed.value(), 3); // now it is paused
  s.write({in_partition(0, "d")});
  s.write({in_partition(1, "other")});
  s.reads({"1/0 null=other"});
  CAF_CHECK_EQUAL(s.position().handed.value(), 3);
  s.tell(client::resume_partition{s.topic()});
  s.reads({"0/3 null=d"});
  s.tell(client::seek_partition{s.topic(), partition_id{0}, client::start_point::at(offset{2})});
  s.reads({"0/2 null=c", "0/3 null=d"});
  CAF_CHECK(where.wait_until([&] { return s.position().answered == offset{4}; }));
  CAF_CHECK_EQUAL(s.position().high_watermark.value(), 4);
  CAF_CHECK(s.position(7).code == errc::unknown_topic_or_partition);
}

void made_again(place& where) {
  session s{where, "again", 3};
  s.write({in_partition(0, "a"), in_partition(2, "b")});
  CAF_CHECK(s.comes_true([](facts& f) { return f.values.size() == 2; }));
  s.look([](facts& f) { f.values.clear(); });
  s.remove();
  s.create(1);
  CAF_CHECK(s.told(kind::reset));
  // Of three partitions, these keys would not all be in the first one.
  s.write({client::make_record("abc", "1"), client::make_record("foobar", "2"), client::make_record("x", "3")});
  s.reads({"0/0 abc=1", "0/1 foobar=2", "0/2 x=3"});
}

struct feature {
  const char* name;
  void (*shown)(place&);
};
constexpr feature features[] = {{"headers", headers},
                                {"acks=leader", acks_of_the_leader},
                                {"compression", compression},
                                {"pause, seek and position", pause_and_seek},
                                {"a topic made again", made_again}};

void show_all(std::unique_ptr<place> where) {
  for (auto& one : features) {
    CAF_MESSAGE(one.name << " before " << where->name());
    one.shown(*where);
  }
}

} // namespace

CAF_TEST(every feature before a node in virtual time) { show_all(test::virtual_place()); }
CAF_TEST(every feature before an embedded node) { show_all(test::embedded_place()); }
CAF_TEST(every feature before a node elsewhere) { show_all(test::remote_place()); }
