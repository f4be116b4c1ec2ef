#include "actors/node/command/arguments.hpp"

#include "config/quantity.hpp"

namespace troupe::command {

namespace {

CLI::Option* add_quantity(CLI::App& app, const std::string& name, std::int64_t& target,
                          const std::string& description,
                          std::optional<std::int64_t> (*parse)(std::string_view), const std::string& shape,
                          const std::string& default_text, std::int64_t least = 0) {
  auto set = [&target, parse, shape, name, least](const std::string& text) {
    auto parsed = parse(text);
    if (!parsed || *parsed < 0)
      throw CLI::ValidationError(name, "'" + text + "' is no " + shape);
    if (*parsed < least)
      throw CLI::ValidationError(name, "'" + text + "' is less than " + std::to_string(least));
    target = *parsed;
  };
  return app.add_option_function<std::string>(name, set, description)
      ->type_name(default_text.empty() ? "" : "[" + default_text + "]");
}

} // namespace

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description,
                      const std::string& example) {
  auto* app = parent.add_subcommand(name, description);
  app->footer("Example:\n" + example + "\n" + std::string{exit_status_words});
  return app;
}

std::string full_name(const CLI::App& app) {
  return app.get_parent() ? full_name(*app.get_parent()) + ' ' + app.get_name() : app.get_name();
}

CLI::Option* add_size(CLI::App& app, const std::string& name, std::int64_t& target,
                      const std::string& description, std::int64_t least) {
  return add_quantity(app, name, target, description, config::parse_size_bytes, "size such as 4096 or 64KiB",
                      config::format_size(target), least);
}

CLI::Option* add_duration(CLI::App& app, const std::string& name, std::int64_t& target_ms,
                          const std::string& description) {
  return add_quantity(app, name, target_ms, description, config::parse_duration_ms,
                      "duration such as 500ms or 30s", config::format_duration(target_ms));
}

void connection_arguments::add_to(CLI::App& app) {
  app.add_option("-b,--server,--bootstrap", servers, "Address of a node; more of one cluster may follow")
      ->delimiter(',')
      ->envname("TROUPE_SERVER")
      ->type_name("HOST:PORT [127.0.0.1:9092]")
      ->group("Connection");
  add_duration(app, "--timeout", timeout_ms, "How long one question to a node may take")->group("Connection");
  add_duration(app, "--wait", wait_ms, "How long to wait for a node that is not there yet")
      ->group("Connection");
}

result<client_options> connection_arguments::to_options() const {
  client_options options;
  options.servers.clear();
  for (auto& text : servers) {
    auto address = config::parse_address(text);
    if (!address)
      return fail(errc::invalid_argument,
                  "'" + text + "' is no address: write HOST:PORT, such as 127.0.0.1:9092");
    options.servers.push_back(std::move(*address));
  }
  options.timeout_ms = timeout_ms;
  options.wait_ms = wait_ms;
  return options;
}

int with_client(const streams& to, const connection_arguments& arguments,
                const std::function<int(kafka_client&)>& body) {
  auto options = arguments.to_options();
  if (!options) {
    report(to, options.error());
    return exit_usage;
  }
  kafka_client client{std::move(*options)};
  return body(client);
}

const std::map<std::string, record::compression>& compressions_by_name() {
  using enum record::compression;
  static const std::map<std::string, record::compression> names{
      {"none", none}, {"gzip", gzip}, {"snappy", snappy}, {"lz4", lz4}, {"zstd", zstd}};
  return names;
}

const std::map<std::string, std::int16_t>& acks_by_name() {
  static const std::map<std::string, std::int16_t> names{{"all", -1}, {"-1", -1}, {"1", 1}, {"0", 0}};
  return names;
}

void add_json_flag(CLI::App& app, bool& is_json, const std::string& what) {
  app.add_flag("--json", is_json, what);
}

void add_progress_flag(CLI::App& app, bool& is_wanted) {
  app.add_flag("--progress", is_wanted, "Progress on standard error even if it is no terminal");
}

} // namespace troupe::command
