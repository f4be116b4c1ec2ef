#include "config/option_table.hpp"

namespace troupe::config {

namespace {

std::string_view unit_of(option_kind kind) {
  switch (kind) {
  case option_kind::boolean:
    return "true or false";
  case option_kind::integer:
    return "number";
  case option_kind::size:
    return "bytes";
  case option_kind::duration:
    return "ms";
  case option_kind::text:
    return "text";
  case option_kind::choice:
    return "word";
  }
  return {};
}

template <class Struct>
std::vector<listed_option> list(std::span<const option<Struct>> table) {
  std::vector<listed_option> all;
  for (auto& row : table)
    all.push_back({std::string{row.name}, row.default_value(), std::string{unit_of(row.kind)}, row.allowed(),
                   std::string{row.sentence}});
  return all;
}

} // namespace

std::vector<listed_option> list_node_options() { return list(node_option_table()); }

std::vector<listed_option> list_listener_options() { return list(listener_option_table()); }

std::vector<listed_option> list_cluster_options() { return list(cluster_option_table()); }

std::vector<listed_option> list_member_options() { return list(member_option_table()); }

std::vector<listed_option> list_topic_entry_options() { return list(topic_entry_table()); }

} // namespace troupe::config
