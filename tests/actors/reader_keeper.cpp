#define CAF_SUITE reader_keeper
#include "caf/test/dsl.hpp"

#include "actors/partition/reader_keeper.hpp"

using namespace troupe;

namespace {

/// What the stand-in for a reader dies of.
constexpr std::uint64_t poison = 13;

/// Answers each order with its own tag, and dies of one.
reader_actor::behavior_type mortal_reader(reader_actor::pointer self, reader_keeper_actor keeper) {
  auto serve = [self, keeper](request_tag tag, auto reply, const partition_client& to) {
    if (tag.request == poison) {
      self->quit(caf::sec::runtime_error);
      return;
    }
    reply.tag = tag;
    self->send(to, std::move(reply));
    self->send(keeper, order_done{});
  };
  self->monitor(keeper);
  self->set_down_handler([self](const caf::down_msg& down) { self->quit(down.reason); });
  return {
      [serve](read_order& o) { serve(o.reply.tag, o.reply, o.reply_to); },
      [serve](search_order& o) { serve(o.tag, list_offset_reply{}, o.reply_to); },
      [serve](const stamp_order& o) { serve(o.tag, list_offset_reply{}, o.reply_to); },
      [](const partitions_forgotten&) {},
  };
}

struct answers {
  std::vector<std::pair<std::uint64_t, errc>> all;
};

partition_client::behavior_type listener(partition_client::stateful_pointer<answers> self) {
  auto note = [self](const auto& reply) { self->state.all.emplace_back(reply.tag.request, reply.code); };
  return {
      [](const append_reply&) {},
      [note](const fetch_reply& r) { note(r); },
      [](const fetch_wakeup&) {},
      [note](const list_offset_reply& r) { note(r); },
      [](const epoch_end_reply&) {},
  };
}

struct fixture : test_coordinator_fixture<> {
  system_clock clock;
  supervision_log_ptr supervision = std::make_shared<supervision_log>(clock);

  fixture() {
    client = sys.spawn(listener);
    keeper = sys.spawn(reader_keeper, make_reader{[this](reader_keeper_actor to) {
                         ++readers;
                         last = sys.spawn(mortal_reader, std::move(to));
                         return last;
                       }}, supervision);
    run();
  }
  ~fixture() {
    caf::anon_send_exit(keeper, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(client, caf::exit_reason::user_shutdown);
    run();
  }

  void read(std::uint64_t number) {
    fetch_reply reply;
    reply.tag.request = number;
    caf::anon_send(keeper, read_order{{}, std::move(reply), client});
  }
  void search(std::uint64_t number) { caf::anon_send(keeper, search_order{{}, {number, 0}, client, {}}); }
  void stamp(std::uint64_t number) { caf::anon_send(keeper, stamp_order{.read = {}, .tag = {number, 0}, .reply_to = client}); }

  const std::vector<std::pair<std::uint64_t, errc>>& heard() {
    return caf::actor_cast<partition_client::stateful_pointer<answers>>(client)->state.all;
  }

  partition_client client;
  reader_keeper_actor keeper;
  reader_actor last;
  int readers = 0;
};

using heard_list = std::vector<std::pair<std::uint64_t, errc>>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(reader_keeper_tests, fixture)

CAF_TEST(orders are answered in their order) {
  read(1);
  search(2);
  stamp(3);
  run();
  CAF_CHECK(heard() == (heard_list{{1, errc::none}, {2, errc::none}, {3, errc::none}}));
  CAF_CHECK_EQUAL(readers, 1);
}

CAF_TEST(the order that kills the reader is answered with an error and all others by the next reader) {
  read(1);
  read(poison);
  read(2);
  search(3);
  run();
  CAF_CHECK_EQUAL(readers, 2);
  CAF_CHECK_EQUAL(supervision->count().restarts, 1u);
  CAF_CHECK_EQUAL(supervision->events(10).size(), 2u);
  CAF_CHECK(heard() == (heard_list{{1, errc::none}, {poison, errc::io_error}, {2, errc::none}, {3, errc::none}}));
}

CAF_TEST(each kind of order that kills is answered) {
  search(poison);
  stamp(poison);
  read(poison);
  read(4);
  run();
  CAF_CHECK_EQUAL(readers, 4);
  CAF_CHECK(heard()
            == (heard_list{{poison, errc::io_error}, {poison, errc::io_error}, {poison, errc::io_error}, {4, errc::none}}));
}

CAF_TEST(a reader that was ended from outside is replaced after a while and orders wait for it) {
  caf::anon_send_exit(last, caf::exit_reason::kill);
  while (sched.try_run_once()) {
  }
  CAF_CHECK_EQUAL(readers, 1);
  read(1);
  while (sched.try_run_once()) {
  }
  CAF_CHECK(heard().empty());
  run();
  CAF_CHECK_EQUAL(readers, 2);
  CAF_CHECK(heard() == (heard_list{{1, errc::none}}));
}

CAF_TEST_FIXTURE_SCOPE_END()
