#define CAF_SUITE partition_deletions
#include "caf/test/dsl.hpp"

#include "tests/actors/partition_workshop.hpp"

using namespace troupe;

CAF_TEST_FIXTURE_SCOPE(partition_deletions_tests, partition_workshop)

CAF_TEST(a deletion is answered and seen only once it is durable) {
  start();
  write({.times = {1, 2, 3}});
  write({.times = {4}});
  remove_before(2);
  CAF_REQUIRE_EQUAL(box.flushes.size(), 1u);
  CAF_CHECK(box.flushes[0].request.moves_log_start);
  CAF_CHECK_EQUAL(box.flushes[0].request.checkpoint.log_start.value(), 2);
  CAF_CHECK(box.deleted.empty());
  CAF_CHECK_EQUAL(find(list_offset::earliest).found.value(), 0);
  flushed();
  CAF_REQUIRE_EQUAL(box.deleted.size(), 1u);
  CAF_CHECK_EQUAL(code_of(box.deleted[0]), "none");
  CAF_CHECK_EQUAL(box.deleted[0].low_watermark.value(), 2);
  CAF_CHECK_EQUAL(find(list_offset::earliest).found.value(), 2);
  fetch(1);
  CAF_CHECK_EQUAL(code_of(box.fetched.back()), "offset_out_of_range");
  fetch(2);
  CAF_CHECK_EQUAL(box.fetched.back().batches.size(), 2u); // the batch that holds offset 2 comes whole
  CAF_CHECK_EQUAL(box.fetched.back().log_start.value(), 2);
}

CAF_TEST(a deletion of all that is readable wakes those who wait) {
  start();
  write({.times = {1, 2, 3}});
  fetch(3, 1);
  remove_before(-1);
  CAF_CHECK(box.woken.empty());
  flushed();
  CAF_CHECK_EQUAL(box.woken.size(), 1u);
  CAF_CHECK_EQUAL(box.deleted.back().low_watermark.value(), 3);
  fetch(2);
  CAF_CHECK_EQUAL(code_of(box.fetched.back()), "offset_out_of_range");
  fetch(3);
  CAF_CHECK_EQUAL(code_of(box.fetched.back()), "none");
}

CAF_TEST(what is not readable cannot be deleted and what is gone is gone) {
  start();
  write({.times = {1, 2, 3}});
  append(batch({}));
  remove_before(4);
  CAF_CHECK_EQUAL(code_of(box.deleted.back()), "offset_out_of_range");
  remove_before(0);
  CAF_CHECK_EQUAL(code_of(box.deleted.back()), "none");
  CAF_CHECK_EQUAL(box.deleted.back().low_watermark.value(), 0);
  CAF_CHECK(box.flushes.empty());
  remove_before(3);
  flushed();
  remove_before(1);
  CAF_CHECK_EQUAL(box.deleted.back().low_watermark.value(), 3);
  CAF_CHECK_EQUAL(box.deleted.size(), 4u);
}

CAF_TEST(deletions gather while the flusher is busy) {
  start();
  write({.times = {1, 2, 3}});
  caf::anon_send(one, flush_now{});
  run();
  CAF_REQUIRE_EQUAL(box.flushes.size(), 1u);
  CAF_CHECK(!box.flushes[0].request.moves_log_start);
  remove_before(1);
  remove_before(3);
  CAF_CHECK_EQUAL(box.flushes.size(), 1u);
  flushed();
  CAF_CHECK(box.deleted.empty());
  CAF_REQUIRE_EQUAL(box.flushes.size(), 1u);
  CAF_CHECK_EQUAL(box.flushes[0].request.checkpoint.log_start.value(), 3);
  flushed();
  CAF_REQUIRE_EQUAL(box.deleted.size(), 2u);
  CAF_CHECK_EQUAL(box.deleted[0].low_watermark.value(), 3);
}

CAF_TEST(a deletion that the disk refuses does not happen later) {
  start();
  write({.times = {1, 2, 3}});
  remove_before(2);
  box.flushes.clear();
  caf::anon_send(one, flush_done{fail(errc::no_space)});
  run();
  CAF_CHECK_EQUAL(code_of(box.deleted.back()), "no_space");
  caf::anon_send(one, housekeep{true});
  run();
  for (auto& order : box.flushes)
    CAF_CHECK_EQUAL(order.request.checkpoint.log_start.value(), 0);
  CAF_CHECK_EQUAL(find(list_offset::earliest).found.value(), 0);
}

CAF_TEST(whoever waits for a deletion hears of the end) {
  start();
  write({});
  remove_before(1);
  caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  run();
  CAF_CHECK_EQUAL(code_of(box.deleted.back()), "not_leader");
}

CAF_TEST(a topic that is only compacted has no records deleted) {
  options.cleanup_delete = false;
  options.cleanup_compact = true;
  start();
  write({});
  remove_before(-1);
  CAF_CHECK_EQUAL(code_of(box.deleted.back()), "policy_violation");
  append(batch({.times = {1, 2}, .with_key = false}));
  CAF_CHECK_EQUAL(code_of(box.appended.back()), "invalid_record");
  CAF_CHECK_EQUAL(box.appended.back().refused.size(), 2u);
}

CAF_TEST(the largest timestamp is that of what is left) {
  start();
  write({.times = {900, 100, 300, 200}});
  write({.times = {150, 250}});
  CAF_CHECK_EQUAL(find(list_offset::max_timestamp).found.value(), 0);
  remove_before(1);
  flushed();
  CAF_CHECK_EQUAL(find(list_offset::max_timestamp).found.value(), 2);
  CAF_CHECK_EQUAL(box.found.back().timestamp.value(), 300);
  remove_before(3);
  flushed();
  CAF_CHECK_EQUAL(find(list_offset::max_timestamp).found.value(), 5);
  CAF_CHECK_EQUAL(find(220).found.value(), 5); // the batch before has 300, which is gone
  remove_before(-1);
  flushed();
  CAF_CHECK_EQUAL(find(list_offset::max_timestamp).found.value(), -1);
}

CAF_TEST(a segment that lost its largest timestamp is searched piece by piece) {
  start();
  write({.times = {900, 100}});
  write({.times = {300}});
  write({.times = {200}});
  caf::anon_send(one, flush_now{});
  run();
  flushed();
  remove_before(1);
  flushed();
  caf::anon_send(one, list_offset_request{{}, list_offset::max_timestamp, no_leader_epoch, client});
  run();
  CAF_REQUIRE_EQUAL(box.reads.size(), 1u);
  auto give = [&](std::vector<std::size_t> batches) {
    auto order = std::move(box.reads.back());
    box.reads.pop_back();
    for (auto i : batches)
      order.reply.batches.push_back(box.appends[i].batch);
    caf::anon_send(order.reply_to, std::move(order.reply));
    run();
  };
  CAF_CHECK_EQUAL(box.reads.back().read.from.value(), 1);
  give({0});
  CAF_REQUIRE_EQUAL(box.reads.size(), 1u);
  auto search = caf::actor_cast<caf::weak_actor_ptr>(box.reads.back().reply_to);
  CAF_CHECK_EQUAL(box.reads.back().read.from.value(), 2);
  give({1, 2});
  CAF_CHECK(box.reads.empty());
  CAF_REQUIRE_EQUAL(box.found.size(), 1u);
  CAF_CHECK_EQUAL(box.found.back().found.value(), 2);
  CAF_CHECK_EQUAL(box.found.back().timestamp.value(), 300);
  CAF_CHECK_EQUAL(search->weak_refs.load(), 1u); // nobody but this test remembers who searched
}

CAF_TEST(a search through segments ends with the one who asked) {
  start();
  write({.times = {900, 100}});
  write({.times = {300}});
  caf::anon_send(one, flush_now{});
  run();
  flushed();
  remove_before(1);
  flushed();
  caf::anon_send(one, list_offset_request{{}, list_offset::max_timestamp, no_leader_epoch, client});
  run();
  CAF_REQUIRE_EQUAL(box.reads.size(), 1u);
  caf::anon_send_exit(client, caf::exit_reason::user_shutdown);
  run();
  auto order = std::move(box.reads.back());
  box.reads.clear();
  order.reply.batches.push_back(box.appends[0].batch);
  caf::anon_send(order.reply_to, std::move(order.reply));
  run();
  CAF_CHECK(box.reads.empty());
}

CAF_TEST_FIXTURE_SCOPE_END()
