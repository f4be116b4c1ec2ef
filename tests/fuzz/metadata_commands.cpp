// Messages between brokers and the controller: as they come, behind the header that every archive has, and
// with bytes of a good one changed. What decodes must encode to something that decodes to the same bytes, and
// a controller must survive to decide it.
#include "runtime/metadata/commands_archive.hpp"
#include "runtime/metadata/controller_core.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/metadata/random_commands.hpp"

#include <string>

using namespace troupe;
using namespace troupe::metadata;

namespace {

constexpr std::size_t archive_header_bytes = 41; // of Boost's own
constexpr std::size_t command_header_bytes = 10;

/// A cluster with something to lose.
controller_core with_partitions() {
  controller_core core{controller_config{}};
  metadata_version version;
  auto run = [&](const command& what) {
    auto made = core.decide(what);
    if (!made.records.empty())
      CHECK(core.replay(made.records, ++version).has_value());
  };
  for (int n = 1; n <= 3; ++n)
    run(register_broker{node_id{n}, broker_incarnation{1}, {{"kafka", "h", 1}}, {}, false});
  new_topic t;
  t.name = "t";
  t.partitions = 3;
  t.replication_factor = 3;
  run(create_topics{{t}});
  run(fence_broker{node_id{2}, broker_epoch{2}});
  return core;
}

void decide_it(const command& what) {
  static const auto image = with_partitions().image();
  controller_core core{controller_config{}};
  core.restore(image);
  auto made = core.decide(what);
  if (!made.records.empty())
    CHECK(core.replay(made.records, image->version() + 1).has_value());
}

void check(std::string_view data) {
  auto read = decode_controller_message(data);
  if (!read)
    return;
  auto again = std::visit([](const auto& message) { return encode(message); }, *read);
  CHECK(again.has_value());
  auto third = decode_controller_message(again->view());
  CHECK(third.has_value());
  auto last = std::visit([](const auto& message) { return encode(message); }, *third);
  CHECK(last && *last == *again);
  if (auto* message = std::get_if<command_message>(&*read))
    decide_it(message->what);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in{data, size};
  check(in.rest());
  auto seed = in.number<std::uint16_t>();

  // An archive of the input's making, behind the header that every archive has.
  auto header = encode(command_message{seed, allocate_producer_ids{}}).value();
  std::string made{header.view().substr(0, command_header_bytes + archive_header_bytes)};
  made += in.rest();
  check(made);

  command_maker make{seed};
  auto good = seed % 2 ? encode(command_message{seed, make.any_command()})
                       : encode(reply_message{seed, errc::none, {}, {}, make.any_reply()});
  std::string changed{good.value().view()};
  check(changed);
  while (!in.empty()) {
    auto at = in.number<std::uint16_t>() % changed.size();
    changed[at] = static_cast<char>(in.number<std::uint8_t>());
  }
  check(changed);
  return 0;
}
