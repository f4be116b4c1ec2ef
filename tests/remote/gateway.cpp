#define CAF_SUITE gateway
#include "caf/test/unit_test.hpp"

#include "actors/node/embedded_node.hpp"
#include "actors/node/node_system.hpp"
#include "actors/remote/gateway.hpp"
#include "actors/remote/remote_cluster.hpp"
#include "tests/remote/asker.hpp"
#include "tests/remote/end_of.hpp"
#include "tests/remote/relay.hpp"

#include <filesystem>
#include <thread>

#include <caf/all.hpp>
#include <stdlib.h>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct folder {
  folder() {
    char name[] = "/tmp/troupe-remote-XXXXXX";
    CAF_REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~folder() { std::filesystem::remove_all(path); }
  std::string path;
};

/// A node behind a relay, and a gateway that knows the relay only.
struct fixture {
  fixture() : node(options()), system(config) {
    CAF_REQUIRE(node.start());
    remote::remote_options wanted;
    wanted.servers = {"127.0.0.1:" + std::to_string(outside)};
    cluster = std::make_unique<remote::remote_cluster>(system, wanted);
    asker = std::make_unique<test::asker>(system, cluster->access());
    CAF_REQUIRE(cluster->wait(10s));
  }

  embedded_options options() const {
    embedded_options wanted;
    wanted.data_directory = data.path + "/data";
    wanted.listen = true;
    wanted.log_level = "error";
    wanted.node.listeners[0].port = inside;
    wanted.node.listeners[0].advertised_port = outside;
    wanted.node.journal_file_bytes = 32 << 20;
    return wanted;
  }

  folder data;
  std::uint16_t inside = test::free_port();
  std::uint16_t outside = test::free_port();
  test::relay between{outside, inside};
  embedded_node node;
  node_system_config config;
  caf::actor_system system;
  std::unique_ptr<remote::remote_cluster> cluster;
  std::unique_ptr<test::asker> asker;
};

fetch_request read_from(const test::asker& asker, std::int64_t from, std::uint32_t wake_below = 0) {
  return {{7, 0}, offset{from}, no_leader_epoch, 1 << 20, true, wake_below, asker.self()};
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(gateway_tests, fixture)

CAF_TEST(a topic is made and written and read as in the same process) {
  CAF_CHECK(asker->create("orders", 2) == errc::none);
  CAF_CHECK(asker->create("orders") == errc::topic_already_exists);
  CAF_CHECK(asker->create("no name") == errc::invalid_topic);
  CAF_CHECK_EQUAL(asker->append("orders", "one").base_offset.value(), 0);
  CAF_CHECK_EQUAL(asker->append("orders", "two").base_offset.value(), 1);
  auto partition = asker->partition("orders");
  caf::anon_send(partition, read_from(*asker, 0));
  auto found = asker->next<fetch_reply>();
  CAF_REQUIRE(found);
  CAF_CHECK(found->code == errc::none);
  CAF_CHECK_EQUAL(found->tag.request, 7u);
  CAF_CHECK_EQUAL(found->high_watermark.value(), 2);
  CAF_CHECK_EQUAL(found->log_start.value(), 0);
  CAF_CHECK_EQUAL(test::end_of(*found), 2);
  caf::anon_send(partition, read_from(*asker, 9));
  CAF_CHECK(asker->next<fetch_reply>()->code == errc::offset_out_of_range);
}

CAF_TEST(what else a client may want of the controller is passed on) {
  auto ask = [&](metadata::command what) {
    caf::anon_send(cluster->access().controller, controller_request{{9, 0}, std::move(what), asker->self()});
    auto reply = asker->next<controller_reply>();
    CAF_REQUIRE(reply);
    return *reply;
  };
  CAF_REQUIRE(asker->create("orders", 2) == errc::none);

  auto grown = ask(metadata::create_partitions{{{"orders", 5, {}}, {"nothing", 5, {}}}});
  auto& items = std::get<metadata::create_partitions_reply>(grown.what).topics;
  CAF_REQUIRE_EQUAL(items.size(), 2u);
  CAF_CHECK(items[0].what.code == errc::none);
  CAF_CHECK(items[1].what.code == errc::unknown_topic_or_partition);
  CAF_CHECK(asker->wait_for_view(grown.version)); // who has the answer sees the change
  CAF_CHECK_EQUAL(asker->view()->image->find_topic("orders")->partitions.size(), 5u);

  auto assigned = ask(metadata::create_partitions{{{"orders", 7, {{{node_id{1}}, {node_id{1}}}}}}, true});
  CAF_CHECK(std::get<metadata::create_partitions_reply>(assigned.what).topics.at(0).what.code == errc::none);
  CAF_CHECK_EQUAL(asker->view()->image->find_topic("orders")->partitions.size(), 5u);

  metadata::altered_resource change{metadata::resource_kind::topic, "orders", {{"retention.ms", {}, "5000"}}};
  auto altered = ask(metadata::alter_configs{{change}});
  CAF_CHECK(std::get<metadata::alter_configs_reply>(altered.what).resources.at(0).what.code == errc::none);
  change.changes[0].value = "soon";
  altered = ask(metadata::alter_configs{{change}});
  auto& refused = std::get<metadata::alter_configs_reply>(altered.what).resources.at(0).what;
  CAF_CHECK(refused.code == errc::invalid_config);
  CAF_CHECK(refused.detail.find("retention.ms") != std::string::npos);

  auto id = asker->view()->image->find_topic("orders")->id;
  auto deleted = ask(metadata::delete_topics{{{"", id}, {"nothing", {}}}});
  auto& gone = std::get<metadata::delete_topics_reply>(deleted.what).topics;
  CAF_REQUIRE_EQUAL(gone.size(), 2u);
  CAF_CHECK(gone[0].what.code == errc::none);
  CAF_CHECK(gone[1].what.code == errc::unknown_topic_or_partition);
  CAF_CHECK(asker->wait_for_view(deleted.version));
  CAF_CHECK(asker->view()->image->find_topic("orders") == nullptr);

  CAF_CHECK(ask(metadata::fence_broker{node_id{1}, {}}).code == errc::unsupported_version);
}

CAF_TEST(offsets and epochs are told) {
  CAF_REQUIRE(asker->create("orders") == errc::none);
  asker->append("orders", "one");
  auto partition = asker->partition("orders");
  caf::anon_send(partition, list_offset_request{{1, 0}, list_offset::latest, no_leader_epoch, asker->self()});
  auto latest = asker->next<list_offset_reply>();
  CAF_REQUIRE(latest);
  CAF_CHECK_EQUAL(latest->found.value(), 1);
  caf::anon_send(partition, list_offset_request{{1, 0}, 1'700'000'000'000, no_leader_epoch, asker->self()});
  CAF_CHECK_EQUAL(asker->next<list_offset_reply>()->found.value(), 0);
  caf::anon_send(partition, list_offset_request{{1, 0}, 1'800'000'000'000, no_leader_epoch, asker->self()});
  CAF_CHECK_EQUAL(asker->next<list_offset_reply>()->found.value(), -1);
  caf::anon_send(partition,
                 list_offset_request{{1, 0}, list_offset::latest, leader_epoch{77}, asker->self()});
  CAF_CHECK(asker->next<list_offset_reply>()->code == errc::unknown_leader_epoch);
  caf::anon_send(partition, epoch_end_request{{1, 0}, no_leader_epoch, latest->epoch, asker->self()});
  CAF_CHECK_EQUAL(asker->next<epoch_end_reply>()->end_offset.value(), 1);
}

CAF_TEST(a reader that waits is woken) {
  CAF_REQUIRE(asker->create("orders") == errc::none);
  auto partition = asker->partition("orders");
  for (std::int64_t from = 0; from < 20; ++from) {
    caf::anon_send(partition, read_from(*asker, from, 1));
    auto empty = asker->next<fetch_reply>();
    CAF_REQUIRE(empty);
    CAF_CHECK_EQUAL(empty->size_bytes, 0u);
    test::asker writer{system, cluster->access()};
    CAF_REQUIRE(writer.append("orders", "x").code == errc::none);
    CAF_REQUIRE(asker->next<fetch_wakeup>());
    caf::anon_send(partition, read_from(*asker, from));
    auto found = asker->next<fetch_reply>();
    CAF_REQUIRE(found);
    CAF_CHECK_EQUAL(test::end_of(*found), from + 1);
  }
}

CAF_TEST(more partitions than connections can be waited for) {
  constexpr std::int32_t partitions = 24;
  CAF_REQUIRE(asker->create("orders", partitions) == errc::none);
  std::vector<std::unique_ptr<test::asker>> readers;
  for (std::int32_t i = 0; i < partitions; ++i) {
    auto& reader = *readers.emplace_back(std::make_unique<test::asker>(system, cluster->access()));
    caf::anon_send(reader.partition("orders", i), read_from(reader, 0, 1));
    CAF_REQUIRE(reader.next<fetch_reply>());
  }
  asker->append("orders", "x");
  CAF_CHECK(readers[0]->next<fetch_wakeup>(2s));
  CAF_CHECK(!readers[5]->next<fetch_wakeup>(100ms));
}

CAF_TEST(appends without an answer are acknowledged when they are sent) {
  CAF_REQUIRE(asker->create("orders") == errc::none);
  auto partition = asker->partition("orders");
  asker->append("orders", "one");
  caf::anon_send(partition, append_request{{1, 0}, bytes::copy_of("no batch"), 0, true, asker->self()});
  auto reply = asker->next<append_reply>();
  CAF_REQUIRE(reply);
  CAF_CHECK(reply->code == errc::none);
  CAF_CHECK_EQUAL(reply->base_offset.value(), -1);
}

CAF_TEST(a bad batch is refused with the reason) {
  CAF_REQUIRE(asker->create("orders") == errc::none);
  caf::anon_send(asker->partition("orders"),
                 append_request{{1, 0}, bytes::copy_of("no batch"), -1, true, asker->self()});
  auto reply = asker->next<append_reply>();
  CAF_REQUIRE(reply);
  CAF_CHECK(reply->code == errc::invalid_record);
  CAF_CHECK(!reply->message.empty());
}

CAF_TEST(producer ids differ) {
  caf::anon_send(cluster->access().producer_ids, producer_id_request{{1, 0}, asker->self()});
  caf::anon_send(cluster->access().producer_ids, producer_id_request{{2, 0}, asker->self()});
  auto first = asker->next<producer_id_reply>();
  auto second = asker->next<producer_id_reply>();
  CAF_REQUIRE(first && second);
  CAF_CHECK(first->code == errc::none && second->code == errc::none);
  CAF_CHECK(first->id.value() >= 0 && first->id != second->id);
}

CAF_TEST(connections that are cut come back by themselves) {
  CAF_REQUIRE(asker->create("orders") == errc::none);
  std::int64_t last = -1;
  for (int i = 0; i < 20; ++i) {
    auto before = asker->partition("orders");
    CAF_CHECK(between.cut() > 0);
    auto reply = asker->append("orders", "x");
    for (int tries = 0; reply.code != errc::none && tries < 200; ++tries) {
      std::this_thread::sleep_for(10ms);
      reply = asker->append("orders", "x");
    }
    CAF_REQUIRE(reply.code == errc::none);
    CAF_CHECK(reply.base_offset.value() > last);
    last = reply.base_offset.value();
    CAF_CHECK(asker->partition("orders") != before);
  }
}

CAF_TEST(a node that is started again is found again) {
  CAF_REQUIRE(asker->create("orders") == errc::none);
  CAF_REQUIRE(asker->append("orders", "one").code == errc::none);
  CAF_REQUIRE(node.stop());
  auto give_up_at = std::chrono::steady_clock::now() + 10s;
  auto reachable = [&] {
    auto view = asker->view();
    return view->find(view->image->find_topic("orders")->id, 0) != nullptr;
  };
  while (reachable() && std::chrono::steady_clock::now() < give_up_at)
    std::this_thread::sleep_for(1ms);
  CAF_CHECK(!reachable());
  CAF_CHECK(asker->view()->image->find_topic("orders") != nullptr); // what is known stays known
  CAF_CHECK(asker->create("more") == errc::busy);
  CAF_REQUIRE(node.start());
  CAF_CHECK_EQUAL(asker->append("orders", "two").base_offset.value(), 1);
}

CAF_TEST(trouble is said in one sentence) {
  remote::remote_cluster nobody{system, {.servers = {"127.0.0.1:" + std::to_string(test::free_port())}}};
  auto reached = nobody.wait(1s);
  CAF_REQUIRE(!reached);
  CAF_CHECK(reached.error().detail.find("no node answers") != std::string::npos);
  remote::remote_cluster wrong{system, {.servers = {"nonsense"}}};
  CAF_CHECK(wrong.wait(10s).error() == errc::invalid_argument);
  remote::remote_cluster unknown{system, {.servers = {"no-such-host.invalid:9092"}}};
  CAF_CHECK(unknown.wait(300ms).error() == errc::timed_out);
}

CAF_TEST(a node that knows no metadata is trouble) {
  remote::gateway_settings settings;
  settings.servers = {{"somewhere", 1}};
  settings.open = [](caf::actor_system& where, remote::link_settings link) {
    return where.spawn([link](remote::link_handle::pointer self) -> remote::link_handle::behavior_type {
      caf::anon_send(link.owner, remote::link_up{self});
      return {
          [](const remote::link_call& m) { m.call->refuse(errc::unsupported_version); },
          [self](remote::link_close) { self->quit(); },
          [self](remote::link_leave) { self->quit(); },
      };
    });
  };
  auto report = settings.report;
  auto alone = system.spawn(remote::gateway, settings);
  auto give_up_at = std::chrono::steady_clock::now() + 10s;
  while (report->trouble().empty() && std::chrono::steady_clock::now() < give_up_at)
    std::this_thread::sleep_for(1ms);
  CAF_CHECK(report->trouble().find("Metadata") != std::string::npos);
  caf::anon_send_exit(alone, caf::exit_reason::user_shutdown);
}

CAF_TEST_FIXTURE_SCOPE_END()
