#include "actors/node/command/completion.hpp"

#include "actors/node/command/option_listing.hpp"

#include <algorithm>
#include <array>

namespace troupe::command {

namespace {

/// What an option takes that has a few words only. A test holds the names to the command line.
struct word_choice {
  std::string_view option;
  std::array<std::string_view, 5> words;
};

constexpr word_choice word_choices[] = {
    {"--compression", {"none", "gzip", "snappy", "lz4", "zstd"}},
    {"--acks", {"all", "1", "0"}},
    {"--from", {"beginning", "end", "@"}},
    {"--before", {"end", "@"}},
    {"--at", {"beginning", "end", "@"}},
    {"--admin", {"none"}},
};

/// How far the words before the last one have come.
struct place_in_command {
  const CLI::App* app;
  const CLI::Option* value_of = nullptr; // the last word is its value
  bool only_arguments = false;           // behind "--"
  std::vector<std::string> servers;
};

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

const CLI::App* subcommand_of(const CLI::App& app, const std::string& name) {
  auto found = app.get_subcommands([&](const CLI::App* candidate) { return candidate->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

bool is_server(const CLI::Option* option) { return option && option->check_name("--server"); }

void take_word(place_in_command& at, const std::string& word) {
  if (at.value_of) {
    if (is_server(at.value_of))
      at.servers.push_back(word);
    at.value_of = nullptr;
  } else if (word == "--") {
    at.only_arguments = true;
  } else if (!at.only_arguments && word.starts_with('-')) {
    auto equals = word.find('=');
    auto* option = at.app->get_option_no_throw(word.substr(0, equals));
    if (option && takes_value(*option) && equals == word.npos)
      at.value_of = option;
    else if (is_server(option) && equals != word.npos)
      at.servers.push_back(word.substr(equals + 1));
  } else if (auto* next = subcommand_of(*at.app, word)) {
    at.app = next;
  }
}

std::vector<std::string> names_of_group(std::string_view group, const std::string& behind) {
  std::vector<std::string> names;
  for (auto& listed : list_options())
    if (listed.name == group)
      for (auto& option : listed.options)
        names.push_back(option.name + behind);
  return names;
}

std::vector<std::string> values_of(const CLI::Option& option, const place_in_command& at, const topic_source& topics) {
  for (auto& choice : word_choices)
    if (option.check_name(std::string{choice.option})) {
      std::vector<std::string> words(choice.words.begin(), choice.words.end());
      std::erase(words, "");
      return words;
    }
  if (option.check_name("--option"))
    return names_of_group("topic", "=");
  if (option.check_name("--reset"))
    return names_of_group("topic", "");
  if (option.check_name("--set"))
    return names_of_group("node", "=");
  if (option.check_name("--topic"))
    return topics(at.servers);
  return option.check_name("--data") ? std::vector<std::string>{std::string{complete_files}}
                                     : std::vector<std::string>{};
}

/// Subcommands where there are some, else what the arguments are.
std::vector<std::string> arguments_of(const place_in_command& at, const topic_source& topics) {
  std::vector<std::string> found;
  for (auto* command : at.app->get_subcommands(std::function<bool(const CLI::App*)>{}))
    found.push_back(command->get_name());
  if (!found.empty())
    return found;
  for (auto* option : at.app->get_options())
    if (auto name = option->get_positional() ? option->get_name(true) : ""; name == "TOPIC")
      return topics(at.servers);
    else if (name == "FILE" || name == "DIR")
      return {std::string{complete_files}};
  return {};
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> found;
  for (auto* option : app.get_options())
    for (auto& name : option->get_lnames())
      found.push_back("--" + name);
  return found;
}

} // namespace

std::vector<std::string> complete(const CLI::App& program, const std::vector<std::string>& words,
                                  const topic_source& topics) {
  place_in_command at{&program, nullptr, false, {}};
  if (words.empty())
    return {};
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    take_word(at, words[i]);
  auto last = words.back();
  std::string before; // "--acks=" stays in front of each candidate
  if (auto equals = last.find('='); !at.value_of && !at.only_arguments && last.starts_with("--") && equals != last.npos) {
    at.value_of = at.app->get_option_no_throw(last.substr(0, equals));
    before = last.substr(0, equals + 1);
    if (!at.value_of)
      return {};
  }
  std::vector<std::string> candidates;
  if (at.value_of)
    candidates = values_of(*at.value_of, at, topics);
  else if (!at.only_arguments && last.starts_with('-'))
    candidates = options_of(*at.app);
  else
    candidates = arguments_of(at, topics);
  if (candidates.size() == 1 && candidates.front() == complete_files)
    return candidates;
  for (auto& candidate : candidates)
    candidate.insert(0, before);
  std::erase_if(candidates, [&](auto& candidate) { return !candidate.starts_with(last); });
  std::sort(candidates.begin(), candidates.end());
  return candidates;
}

std::string_view bash_completion_script() noexcept {
  return R"(# bash completion for troupe; written by `troupe completion bash`
_troupe() {
  local line=${COMP_LINE:0:COMP_POINT} last kept
  local -a words
  # As they were typed: bash itself splits words at '=' and ':' too.
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  last=${words[-1]}
  mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" completion candidates "${words[@]:1}" 2> /dev/null)
  if [[ ${COMPREPLY[0]-} == :files ]]; then
    COMPREPLY=()
    compopt -o default
    return
  fi
  # What stands before the last '=' or ':' stays, bash replaces only what is behind it.
  kept=${last%"${last##*[=:]}"}
  COMPREPLY=("${COMPREPLY[@]#"$kept"}")
  [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
} 2> /dev/null
complete -F _troupe troupe
)";
}

} // namespace troupe::command
