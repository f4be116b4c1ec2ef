#define CAF_SUITE commands_archive
#include "caf/test/unit_test.hpp"

#include "runtime/base/crc32c.hpp"
#include "runtime/metadata/commands_archive.hpp"
#include "tests/metadata/random_commands.hpp"

#include <cstring>
#include <malloc.h>

using namespace troupe;
using namespace troupe::metadata;

namespace {

std::string encoded(const command& what, std::uint64_t correlation = 7) {
  return std::string{encode(command_message{correlation, what}).value().view()};
}

std::string encoded(const reply& what) {
  reply_message message{7, errc::none, node_id{3}, metadata_version{99}, what};
  return std::string{encode(message).value().view()};
}

/// Kinds have no comparison: what has the same bytes is the same.
template <class What>
bool comes_back(const What& what) {
  auto bytes = encoded(what);
  auto read = decode_controller_message(bytes);
  if (!read)
    return false;
  if constexpr (std::is_same_v<What, command>) {
    auto* message = std::get_if<command_message>(&*read);
    return message && message->correlation == 7 && message->what.index() == what.index()
           && encoded(message->what) == bytes;
  } else {
    auto* message = std::get_if<reply_message>(&*read);
    return message && message->correlation == 7 && message->leader == node_id{3}
           && message->version == metadata_version{99} && message->what.index() == what.index()
           && encoded(message->what) == bytes;
  }
}

errc code_of(std::string_view data) {
  auto read = decode_controller_message(data);
  return read ? errc::none : read.error().code;
}

} // namespace

CAF_TEST(every kind of command comes back as it went) {
  command_maker make{1};
  for (std::size_t kind = 0; kind < std::variant_size_v<command>; ++kind) {
    auto same = true;
    for (int i = 0; i < 100; ++i) {
      auto what = make.command_of_kind(kind);
      same = same && what.index() == kind && comes_back(what);
    }
    CAF_CHECK(same);
  }
}

CAF_TEST(every kind of reply comes back as it went) {
  command_maker make{2};
  for (std::size_t kind = 0; kind < std::variant_size_v<reply>; ++kind) {
    auto same = true;
    for (int i = 0; i < 100; ++i) {
      auto what = make.reply_of_kind(kind);
      same = same && what.index() == kind && comes_back(what);
    }
    CAF_CHECK(same);
  }
}

CAF_TEST(every field comes back as it went) {
  register_broker sent;
  sent.node = node_id{4};
  sent.incarnation = broker_incarnation{0xfedcba9876543210u};
  sent.endpoints = {{"PEER", "h", 1}, {"kafka", "::1", 65535}};
  sent.rack = "r";
  sent.fenced = false;
  sent.cluster_id = "c";
  sent.storage_kept = true;
  auto message = std::get<command_message>(decode_controller_message(encoded(sent, 1)).value());
  auto& got = std::get<register_broker>(message.what);
  CAF_CHECK_EQUAL(message.correlation, 1u);
  CAF_CHECK(got.node == sent.node && got.incarnation == sent.incarnation && got.endpoints == sent.endpoints
            && got.rack == sent.rack && !got.fenced && got.cluster_id == "c" && got.storage_kept);
}

CAF_TEST(the options of a new topic come back) {
  created_topic sent;
  sent.configs = topic_defaults{}.describe({{"retention.ms", "5"}}, 3);
  auto read = decode_controller_message(encoded(reply{create_topics_reply{{sent}}})).value();
  auto& got = std::get<create_topics_reply>(std::get<reply_message>(read).what).topics.at(0).configs;
  CAF_REQUIRE_EQUAL(got.size(), topic_options_table().size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CAF_CHECK(got[i].option == sent.configs[i].option && got[i].value == sent.configs[i].value);
    CAF_CHECK(got[i].source == sent.configs[i].source
              && got[i].synonyms.size() == sent.configs[i].synonyms.size());
  }
}

CAF_TEST(a refusal carries who leads and nothing else) {
  reply_message sent{5, errc::not_leader, node_id{2}, metadata_version{3}, form_cluster_reply{"unseen"}};
  auto raw = encode(sent).value();
  CAF_CHECK_EQUAL(raw.size(), 23u);
  auto got = std::get<reply_message>(decode_controller_message(raw.view()).value());
  CAF_CHECK(got.correlation == 5 && got.code == errc::not_leader && got.leader == node_id{2});
  CAF_CHECK(code_of(std::string{raw.view()} + "x") == errc::malformed);
}

CAF_TEST(the bytes of messages stay as they are) {
  // Written by the first version: a cluster whose nodes are replaced one by one speaks both.
  auto hb = encoded(broker_heartbeat{node_id{1}, broker_epoch{2}, metadata_version{3}, true, false});
  CAF_CHECK_EQUAL(hb.size(), 78u);
  CAF_CHECK_EQUAL(crc32c(hb), 704859837u);
  auto answer = encoded(reply{broker_heartbeat_reply{{}, false, true, true}});
  CAF_CHECK_EQUAL(answer.size(), 77u);
  CAF_CHECK_EQUAL(crc32c(answer), 1065738324u);
}

CAF_TEST(what is too large is refused before it is sent) {
  new_topic t;
  t.name = std::string(65'536, 'n');
  CAF_CHECK(encode(command_message{1, create_topics{{t}}}).error().code == errc::too_large);
  t.name.pop_back();
  CAF_CHECK(encode(command_message{1, create_topics{{t}}}).has_value());
  std::vector<new_topic> many(200, t);
  CAF_CHECK(encode(command_message{1, create_topics{many}}).error().code == errc::too_large);
  std::vector<topic_reference> names(65'536);
  CAF_CHECK(encode(command_message{1, delete_topics{names}}).error().code == errc::too_large);
  // A sentence is cut.
  reply_message long_answer{1, errc::none, {}, {}, fencing_reply{{errc::busy, std::string(100'000, 'w')}}};
  auto read = decode_controller_message(encode(long_answer).value().view()).value();
  CAF_CHECK_EQUAL(std::get<fencing_reply>(std::get<reply_message>(read).what).what.detail.size(), 1000u);
}

CAF_TEST(what is cut off or has something behind it is malformed) {
  command_maker make{5};
  auto refused = true;
  for (int i = 0; i < 40; ++i) {
    auto message = make.random().one_in(2) ? encoded(make.any_command()) : encoded(make.any_reply());
    for (std::size_t size = 0; size < message.size(); ++size)
      refused = refused && code_of(std::string_view{message}.substr(0, size)) != errc::none;
    refused = refused && code_of(message + "x") == errc::malformed;
  }
  CAF_CHECK(refused);
}

CAF_TEST(a newer format or kind or code is refused by its name) {
  auto message = encoded(allocate_producer_ids{});
  for (auto at : {0u, 1u}) {
    auto newer = message;
    newer[at] = 9;
    CAF_CHECK(code_of(newer) == errc::wrong_format);
  }
  reply_message refusal{1, errc::not_leader, {}, {}, {}};
  std::string newer_code{encode(refusal).value().view()};
  newer_code[10] = static_cast<char>(static_cast<int>(errc::last_code) + 1);
  CAF_CHECK(code_of(newer_code) == errc::wrong_format);
  auto tag_at = message.size() - 6; // the tag, then Boost's tracking byte and class version
  auto newer_tag = message;
  newer_tag[tag_at] = static_cast<char>(std::variant_size_v<command>);
  CAF_CHECK(code_of(newer_tag) == errc::wrong_format);
  auto newer_class = message;
  newer_class[tag_at + 2] = 2;
  CAF_CHECK(code_of(newer_class) == errc::wrong_format);
}

CAF_TEST(forged lengths take no memory) {
  command_maker make{7};
  auto before = mallinfo2().arena + mallinfo2().hblkhd;
  std::size_t most = before;
  for (auto& message : {encoded(make.command_of_kind(4)), encoded(make.command_of_kind(11)),
                        encoded(make.reply_of_kind(3)), encoded(make.reply_of_kind(10))})
    for (auto forged : {0xffffffffu, 0x7fffffffu, 0xffffu, 0x10000u})
      for (std::size_t at = 10; at + 4 <= message.size(); ++at) {
        auto hostile = message;
        std::memcpy(hostile.data() + at, &forged, sizeof forged);
        decode_controller_message(hostile);
        most = std::max(most, mallinfo2().arena + mallinfo2().hblkhd);
      }
  CAF_CHECK(most < before + 16 * 1024 * 1024);
}

CAF_TEST(random damage never does more than fail) {
  command_maker make{8};
  std::size_t refused = 0;
  for (int i = 0; i < 5000; ++i) {
    auto message = make.random().one_in(2) ? encoded(make.any_command()) : encoded(make.any_reply());
    for (auto flips = 1 + make.random().below(4); flips > 0; --flips)
      message[make.random().below(message.size())] = static_cast<char>(make.random().next());
    auto code = code_of(message);
    CAF_REQUIRE(code == errc::none || code == errc::malformed || code == errc::wrong_format);
    refused += code != errc::none;
  }
  CAF_CHECK(refused > 500);
}
