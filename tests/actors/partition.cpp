#define CAF_SUITE partition
#include "caf/test/dsl.hpp"

#include "tests/actors/partition_workshop.hpp"

using namespace troupe;

CAF_TEST_FIXTURE_SCOPE(partition_tests, partition_workshop)

CAF_TEST(an append is answered once the journal has it and readable by then) {
  start();
  append(batch({}));
  CAF_REQUIRE_EQUAL(box.appends.size(), 1u);
  CAF_CHECK(box.appended.empty());
  fetch(0);
  CAF_CHECK(box.fetched.back().batches.empty());
  sync();
  CAF_REQUIRE_EQUAL(box.appended.size(), 1u);
  CAF_CHECK_EQUAL(code_of(box.appended[0]), "none");
  CAF_CHECK_EQUAL(box.appended[0].base_offset.value(), 0);
  CAF_CHECK_EQUAL(box.appended[0].log_append_time.value(), -1);
  fetch(0);
  CAF_CHECK_EQUAL(box.fetched.back().batches.size(), 1u);
  CAF_CHECK_EQUAL(box.fetched.back().high_watermark.value(), 1);
}

CAF_TEST(acks of nobody are answered at once and a batch that is kept as it came is not copied) {
  start();
  auto data = batch({});
  auto* where = data.data();
  append(std::move(data), 0);
  CAF_CHECK_EQUAL(box.appended.size(), 1u);
  CAF_CHECK(box.appends.back().batch.data() == where);
}

CAF_TEST(a waiting reader is woken by what becomes readable) {
  start();
  fetch(0, 1);
  CAF_CHECK(box.woken.empty());
  append(batch({}));
  CAF_CHECK(box.woken.empty());
  sync();
  CAF_CHECK_EQUAL(box.woken.size(), 1u);
}

CAF_TEST(a client that goes away while it waits is forgotten and the others are woken) {
  start();
  auto gone = sys.spawn(listener, &box);
  auto kept = caf::actor_cast<caf::weak_actor_ptr>(gone);
  caf::anon_send(one, fetch_request{{}, offset{0}, no_leader_epoch, 1 << 20, true, 1, gone});
  fetch(0, 1);
  fetch(0, 1); // in place of the one before
  CAF_CHECK(kept.lock() != nullptr);
  caf::anon_send_exit(gone, caf::exit_reason::user_shutdown);
  gone = nullptr;
  run();
  CAF_CHECK(kept.lock() == nullptr);
  write({});
  CAF_CHECK_EQUAL(box.woken.size(), 1u);
  fetch(1, 1);
  write({});
  CAF_CHECK_EQUAL(box.woken.size(), 2u);
}

CAF_TEST(a partition that ends is remembered by nobody) {
  start();
  fetch(0, 1);
  auto gone = caf::actor_cast<caf::weak_actor_ptr>(one);
  caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
  one = nullptr;
  run();
  CAF_CHECK_EQUAL(gone->weak_refs.load(), 1u);
}

CAF_TEST(in a new epoch as before nothing is readable or acknowledged that is not durable) {
  start();
  append(batch({.producer = 9, .sequence = 0}));
  caf::anon_send(one, role(4));
  run();
  CAF_REQUIRE_EQUAL(box.appended.size(), 1u);
  CAF_CHECK_EQUAL(code_of(box.appended[0]), "not_leader");
  CAF_CHECK_EQUAL(find(list_offset::latest).found.value(), 0);
  append(batch({.producer = 9, .sequence = 0}));
  CAF_CHECK_EQUAL(box.appends.size(), 1u);
  CAF_CHECK_EQUAL(box.appended.size(), 1u);
  sync();
  CAF_REQUIRE_EQUAL(box.appended.size(), 2u);
  CAF_CHECK_EQUAL(code_of(box.appended[1]), "none");
  CAF_CHECK_EQUAL(find(list_offset::latest).found.value(), 1);
}

CAF_TEST(sizes and producers are told) {
  start();
  write({.producer = 9, .sequence = 0});
  write({.times = {5, 6}, .producer = 9, .sequence = 1});
  auto admin = caf::actor_cast<partition_admin_actor>(one);
  caf::anon_send(admin, partition_size_request{{}, client});
  caf::anon_send(admin, active_producers_request{{}, client});
  run();
  CAF_CHECK_EQUAL(box.sizes.back().size_bytes, box.appends[0].batch.size() + box.appends[1].batch.size());
  auto& producers = box.producers.back().producers;
  CAF_REQUIRE_EQUAL(producers.size(), 1u);
  CAF_CHECK_EQUAL(producers[0].id.value(), 9);
  CAF_CHECK_EQUAL(producers[0].last_sequence, 2);
  CAF_CHECK_EQUAL(producers[0].last_timestamp.value(), 6);
}

CAF_TEST(without room in the journal new batches are refused and known ones are not) {
  start();
  write({.producer = 9, .sequence = 0});
  caf::anon_send(one, journal_room{false});
  append(batch({.producer = 9, .sequence = 1}));
  CAF_CHECK_EQUAL(code_of(box.appended.back()), "no_space");
  append(batch({.producer = 9, .sequence = 0}));
  CAF_CHECK_EQUAL(code_of(box.appended.back()), "none");
  CAF_CHECK_EQUAL(box.appended.back().base_offset.value(), 0);
  caf::anon_send(one, journal_room{true});
  append(batch({.producer = 9, .sequence = 1}));
  CAF_CHECK_EQUAL(box.appends.size(), 2u);
}

CAF_TEST(readers of another epoch are told) {
  start();
  write({});
  caf::anon_send(one, fetch_request{{}, offset{0}, leader_epoch{2}, 1'000, true, 0, client});
  run();
  CAF_CHECK_EQUAL(code_of(box.fetched.back()), "fenced_leader_epoch");
  caf::anon_send(one, fetch_request{{}, offset{0}, leader_epoch{4}, 1'000, true, 0, client});
  run();
  CAF_CHECK_EQUAL(code_of(box.fetched.back()), "unknown_leader_epoch");
  CAF_CHECK_EQUAL(find(list_offset::earliest).epoch.value(), 3);
}

CAF_TEST_FIXTURE_SCOPE_END()
