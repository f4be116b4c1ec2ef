#include "actors/node/command/manual.hpp"

#include "actors/node/command/arguments.hpp"
#include "actors/node/command/option_listing.hpp"

#include <string_view>

namespace troupe::command {

namespace {

/// Text as it is: a backslash, a dash and a dot or quote at the beginning of a line mean something else to roff.
std::string escaped(std::string_view text) {
  std::string out;
  auto at_line_begin = true;
  for (char c : text) {
    if (at_line_begin && (c == '.' || c == '\''))
      out += "\\&";
    at_line_begin = c == '\n';
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '`')
      out += "\\(ga";
    else if (c == '\'')
      out += "\\(aq";
    else if (c == '^')
      out += "\\(ha";
    else if (c == '~')
      out += "\\(ti";
    else
      out += c;
  }
  return out;
}

std::string heading(std::string_view text) { return ".SH " + std::string{text} + '\n'; }

std::string paragraph(std::string_view text) { return ".PP\n" + escaped(text) + '\n'; }

std::string as_typed(std::string_view text) {
  while (text.ends_with('\n'))
    text.remove_suffix(1);
  return ".PP\n.EX\n" + escaped(text) + "\n.EE\n";
}

std::string term(std::string_view name, std::string_view meaning) {
  return ".TP\n.B " + escaped(name) + '\n' + escaped(meaning) + '\n';
}

std::string arguments_text(const CLI::App& app) {
  std::string text;
  for (auto* option : app.get_options())
    if (option->get_positional())
      text += ' ' + CLI::Formatter{}.make_option_usage(option);
  return text;
}

/// The footer of a command is its example, and then the words on the exit status, which has a section of its own.
std::string example_of(const CLI::App& app) {
  auto footer = app.get_footer();
  constexpr std::string_view head = "Example:\n";
  auto begin = footer.find(head);
  if (begin == footer.npos)
    return {};
  begin += head.size();
  return footer.substr(begin, footer.find(exit_status_words) - begin);
}

bool is_help(const CLI::App& app, const CLI::Option* option) { return option == app.get_help_ptr(); }

std::string options_text(const CLI::App& app) {
  std::string text;
  for (auto* option : app.get_options()) {
    if (is_help(app, option))
      continue;
    auto name = option->get_name(false, true);
    for (std::size_t comma = 0; (comma = name.find(',', comma)) != name.npos; comma += 2)
      name.insert(comma + 1, 1, ' ');
    // The names of arguments stand in the heading and say what they take.
    text += term(option->nonpositional() ? name + CLI::Formatter{}.make_option_opts(option) : option->get_name(true),
                 option->get_description());
  }
  return text;
}

std::string command_text(const CLI::App& app) {
  auto subcommands = app.get_subcommands(std::function<bool(const CLI::App*)>{});
  std::string text;
  if (subcommands.empty()) {
    text = ".SS " + escaped(full_name(app) + arguments_text(app)) + '\n' + escaped(app.get_description()) + '\n';
    text += options_text(app);
    if (auto example = example_of(app); !example.empty())
      text += ".PP\nExample:\n" + as_typed(example);
  }
  for (auto* command : subcommands)
    text += command_text(*command);
  return text;
}

std::string configuration_text() {
  std::string text;
  for (auto& group : list_options()) {
    text += ".SS " + escaped(group.title) + '\n' + escaped(group.where) + '\n';
    for (auto& option : group.options)
      text += term(option.name + " = " + option.default_value,
                   option.sentence + (option.allowed.empty() ? "" : " Allowed: " + option.allowed + '.'));
  }
  return text;
}

} // namespace

std::string manual_page(const CLI::App& program, const std::string& version) {
  std::string text = ".TH TROUPE 1 \"\" \"troupe " + version + "\" \"User Commands\"\n";
  text += heading("NAME") + "troupe \\- event\\-streaming node for Kafka clients, and its tools\n";
  text += heading("SYNOPSIS") + ".B troupe\n.I COMMAND\n.RI [ ARGUMENTS ...]\n";
  text += heading("DESCRIPTION") + escaped(program.get_description()) + '\n';
  text += paragraph("Troupe does the job of Apache Kafka: clients of Kafka connect to it unchanged. What it acknowledges "
                    "is on disk, synced, before the acknowledgement leaves.");
  text += paragraph("First steps:") + as_typed(first_steps);
  text += heading("COMMANDS") + escaped("Every command takes --help.\n") + command_text(program);
  text += heading("EXIT STATUS") + term("0", "Done; of status and config check: all is well.")
          + term("1", "Failed, or not all is well; one sentence on standard error says why.")
          + term("2", "Wrong usage, or a node's configuration with mistakes in it; nothing was done.")
          + term("130", "A node that was told twice to stop, and so did not wait for the rest.");
  text += heading("ENVIRONMENT")
          + term("TROUPE_SERVER", "HOST:PORT of the nodes to talk to, in the place of --server; more with commas between.");
  text += heading("FILES") + term("/etc/troupe/troupe.toml", "The configuration of the node that the system runs.")
          + term("/var/lib/troupe", "Its data.");
  text += heading("CONFIGURATION")
          + escaped("The file is TOML. Times and sizes may have a unit: \"36h\", \"64MiB\".\n") + configuration_text();
  text += heading("SEE ALSO") + ".BR kcat (1)\n";
  return text;
}

} // namespace troupe::command
