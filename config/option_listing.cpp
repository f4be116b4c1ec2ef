#include "config/option_table.hpp"

namespace troupe::config {

namespace {

template <class Struct>
void add_text(std::string& out, std::span<const option<Struct>> table) {
  for (auto& row : table) {
    out +=
        "  " + std::string{row.name} + " = " + row.default_value() + "\n      " + std::string{row.sentence};
    if (auto allowed = row.allowed(); !allowed.empty())
      out += " Allowed: " + allowed + ".";
    out += '\n';
  }
}

template <class Struct>
void add_markdown(std::string& out, std::span<const option<Struct>> table) {
  out += "| option | default | allowed | |\n|---|---|---|---|\n";
  for (auto& row : table) {
    auto allowed = row.allowed();
    out += "| `" + std::string{row.name} + "` | `" + row.default_value() + "` | "
           + (allowed.empty() ? std::string{describe(row.kind)} : allowed) + " | " + std::string{row.sentence}
           + " |\n";
  }
}

} // namespace

std::string options_as_text() {
  std::string out = "At the top of the file, or with --set NAME=VALUE:\n\n";
  add_text(out, node_option_table());
  out += "\nUnder [[listeners]], once for each address, or with --listen:\n\n";
  add_text(out, listener_option_table());
  return out;
}

std::string options_as_markdown() {
  std::string out = "## Options\n\n";
  add_markdown(out, node_option_table());
  out += "\n## Options of a listener\n\n";
  add_markdown(out, listener_option_table());
  return out;
}

} // namespace troupe::config
