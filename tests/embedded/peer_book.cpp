#define CAF_SUITE peer_book
#include "caf/test/unit_test.hpp"

#include "actors/node/node_peers.hpp"
#include "actors/node/peer_book.hpp"
#include "runtime/metadata/commands.hpp"

using namespace troupe;

namespace {

peer_address at(int node, std::uint16_t port) { return {node_id{node}, "127.0.0.1", port}; }

const seed_address seed{"127.0.0.1", 9192};

/// Brokers 1, 2 ... with these ports for other nodes; 0: none.
metadata::image_ptr image_of(const std::vector<std::uint16_t>& ports) {
  std::vector<metadata::record> records;
  for (auto port : ports) {
    metadata::register_broker_record broker;
    broker.node = node_id{static_cast<std::int32_t>(records.size() + 1)};
    broker.epoch = metadata::broker_epoch{static_cast<std::int64_t>(records.size() + 1)};
    broker.endpoints = {{"PLAINTEXT", "127.0.0.1", 9092}};
    if (port != 0)
      broker.endpoints.push_back({std::string{metadata::peer_listener}, "127.0.0.1", port});
    records.push_back(broker);
  }
  auto made = metadata::apply(metadata::metadata_image::empty(), records, metadata::metadata_version{1});
  CAF_REQUIRE(made);
  return made->image;
}

peer_status status_of(int node, bool connected) { return {node_id{node}, connected, {}, false, {}}; }

using addresses = std::vector<peer_address>;

} // namespace

CAF_TEST(nodes of the file are wanted before anything else is known) {
  peer_book book{at(1, 11), {at(1, 11), at(2, 12), at(3, 13)}, {}};
  CAF_CHECK(book.wanted().peers == (addresses{at(2, 12), at(3, 13)}));
  CAF_CHECK(book.wanted().seeds.empty());
  CAF_CHECK(!book.joins());
}

CAF_TEST(a broker that is in no file is wanted as it has registered) {
  peer_book book{at(1, 11), {at(1, 11), at(2, 12)}, {}};
  book.on_image(*image_of({11, 12, 0, 14}));
  CAF_CHECK(book.wanted().peers == (addresses{at(2, 12), at(4, 14)}));
  book.on_image(*image_of({11, 12, 0, 24})); // it has moved
  CAF_CHECK(book.wanted().peers == (addresses{at(2, 12), at(4, 24)}));
  book.on_image(*image_of({11, 12})); // and was unregistered
  CAF_CHECK(book.wanted().peers == (addresses{at(2, 12)}));
}

CAF_TEST(a node that moved is tried where it has registered and then where the file says) {
  peer_book book{at(1, 11), {at(1, 11), at(2, 12)}, {}};
  book.on_image(*image_of({11, 22}));
  CAF_CHECK(book.wanted().peers == (addresses{at(2, 22), at(2, 12)}));
}

CAF_TEST(seeds are wanted as long as nobody is connected) {
  peer_book book{at(4, 14), {}, {seed}};
  CAF_CHECK(book.joins());
  CAF_CHECK(book.wanted().peers.empty());
  CAF_CHECK(book.wanted().seeds == std::vector{seed});
  book.on_status(status_of(1, true));
  CAF_CHECK(book.wanted().seeds.empty());
  book.on_status(status_of(1, false));
  CAF_CHECK(book.wanted().seeds == std::vector{seed});
}

CAF_TEST(who joins learns from others where those are that have not registered) {
  peer_book book{at(4, 14), {}, {seed}};
  book.on_answer(node_id{1}, {{at(1, 11), at(4, 99), at(101, 91)}});
  CAF_CHECK(book.wanted().peers == (addresses{at(1, 11), at(101, 91)}));
  book.on_image(*image_of({21}));
  CAF_CHECK(book.wanted().peers == (addresses{at(1, 21), at(101, 91)})); // hearsay goes last
  book.on_answer(node_id{2}, {{at(101, 92)}});
  CAF_CHECK(book.wanted().peers == (addresses{at(1, 21), at(101, 92)}));
  book.on_answer(node_id{2}, {{}});
  CAF_CHECK(book.wanted().peers == (addresses{at(1, 21)}));
}

CAF_TEST(what is passed on is known first hand) {
  peer_book book{at(4, 14), {at(4, 14), at(5, 15)}, {seed}};
  book.on_image(*image_of({11}));
  book.on_answer(node_id{1}, {{at(101, 91), at(102, 92)}});
  book.on_status(status_of(102, true));
  CAF_CHECK(book.known().nodes == (addresses{at(1, 11), at(4, 14), at(5, 15), at(102, 92)}));
}

CAF_TEST(words about where nodes are survive their encoding and noise does not pass) {
  directory_answer read;
  CAF_CHECK(*decode_directory(encode(directory_question{}).view(), read));
  directory_answer said{{at(1, 11), {node_id{2}, "host.example", 65'535}}};
  auto encoded = encode(said);
  CAF_REQUIRE(decode_directory(encoded.view(), read));
  CAF_CHECK(read.nodes == said.nodes);
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    directory_answer part;
    CAF_CHECK(!decode_directory(encoded.view().substr(0, size), part));
  }
  directory_answer more;
  CAF_CHECK(!decode_directory(std::string{encoded.view()} + "x", more));
  CAF_CHECK(!decode_directory("\3", more));
}

CAF_TEST(options say where to listen and whom to look for) {
  config::node_options options;
  options.node_id = 4;
  options.peer_listener = "127.0.0.1:9195";
  options.join = "127.0.0.1:9195,127.0.0.1:9192"; // the same list for all: itself is no seed
  CAF_CHECK(book_of(options).wanted().seeds == std::vector{seed});
  CAF_CHECK(quorum_of(options, 1).voters.empty());
  CAF_CHECK(endpoints_of(options).back()
            == (metadata::endpoint{std::string{metadata::peer_listener}, "127.0.0.1", 9195}));
  options.join.clear();
  CAF_CHECK(quorum_of(options, 1).voters == std::vector{node_id{4}});
}
