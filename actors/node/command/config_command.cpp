// troupe config list|check
#include "actors/node/command/cluster_file.hpp"
#include "actors/node/command/commands.hpp"
#include "actors/node/command/json_line.hpp"
#include "actors/node/command/option_listing.hpp"

#include <ostream>

namespace troupe::command {

namespace {

struct config_arguments {
  std::string word;
  std::string file;
  bool as_markdown = false;
  bool is_json = false;
};

int list_all_options(const config_arguments& arguments, const streams& to) {
  auto groups = list_options(arguments.word);
  if (groups.empty())
    return report(to, "no option's name contains '" + arguments.word + "'");
  to.out << (arguments.is_json       ? options_as_json(groups)
             : arguments.as_markdown ? options_as_markdown(groups)
                                     : options_as_text(groups));
  return exit_done;
}

std::string to_json(const config::mistake& wrong) {
  json_line line;
  line.boolean("ok", false).text("file", wrong.where.source);
  line.number("line", wrong.where.line).number("column", wrong.where.column);
  return line.text("mistake", wrong.what).text("hint", wrong.hint).str();
}

int check_file(const config_arguments& arguments, const streams& to) {
  auto options = load_cluster_file(arguments.file);
  if (options) {
    report_warnings(to, *options);
    if (arguments.is_json)
      to.out << json_line{}.boolean("ok", true).text("file", arguments.file).str() << '\n';
    else
      to.out << arguments.file << " is good.\n";
    return exit_done;
  }
  for (auto& wrong : options.error())
    if (arguments.is_json)
      to.out << to_json(wrong) << '\n';
    else
      report(to, wrong.message());
  return exit_failed;
}

} // namespace

void add_config_commands(CLI::App& app, invocation& chosen) {
  auto* config = add_command(app, "config", "List the options that there are, and check the file of a node or cluster.",
                             "  troupe config list retention\n");
  config->require_subcommand(1);

  auto arguments = std::make_shared<config_arguments>();
  auto* list = add_command(*config, "list",
                           "List every option of nodes, listeners, clusters, topics and running brokers with its\n"
                           "default, unit, range and meaning, one a line.",
                           "  troupe config list timestamp\n");
  list->add_option("WORD", arguments->word, "Only options with this in their name");
  auto* json = list->add_flag("--json", arguments->is_json, "One JSON object a line");
  list->add_flag("--markdown", arguments->as_markdown, "As the page docs/options.md")->excludes(json);
  list->callback([arguments, &chosen] {
    chosen = [arguments](const streams& to) { return list_all_options(*arguments, to); };
  });

  arguments = std::make_shared<config_arguments>();
  auto* check = add_command(*config, "check",
                            "Read the configuration of a node or of a whole cluster and name every mistake in it\n"
                            "with line and column. Nothing is started. Fails if there is one.",
                            "  troupe config check /etc/troupe/troupe.toml\n");
  check->add_option("FILE", arguments->file, "A configuration in TOML")->required();
  add_json_flag(*check, arguments->is_json, "One JSON object for each mistake");
  check->callback([arguments, &chosen] {
    chosen = [arguments](const streams& to) { return check_file(*arguments, to); };
  });
}

} // namespace troupe::command
