#include "actors/node/command/cluster_file.hpp"

#include "actors/node/command/topic_settings.hpp"
#include "runtime/metadata/topic_config.hpp"

#include <ostream>

namespace troupe::command {

namespace {

tl::expected<std::string, config::refusal> read_topic_option(std::string_view name, std::string_view text) {
  auto value = plain_option_value(name, text);
  if (auto valid = metadata::validate_topic_option(name, value); !valid)
    return tl::unexpected(config::refusal{sentence_of(valid.error()), {}});
  return value;
}

} // namespace

config::checked<config::topology> load_cluster_file(const std::string& path, config::topology_request request) {
  request.read_topic_option = read_topic_option;
  return config::load_topology(path, request);
}

void report(const streams& to, const config::mistakes& all) {
  for (auto& wrong : all)
    report(to, wrong.message());
}

void report_warnings(const streams& to, const config::topology& file) {
  for (auto& warning : file.warnings)
    report(to, "warning: " + warning.message());
}

} // namespace troupe::command
