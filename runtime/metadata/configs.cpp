// The commands that concern options (KIP-133, KIP-226, KIP-339). What is wrong with one topic or broker does
// not touch the others of its request; of one topic or broker, all changes are made or none.
#include "runtime/metadata/controller_core.hpp"
#include "runtime/metadata/topic_name.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace troupe::metadata {

namespace {

constexpr std::size_t quoted_name_max_bytes = 249;

/// The options that a topic or broker has, and what holds for it now.
struct option_owner {
  config_overrides current;
  std::vector<effective_config> effective;
  const config_option* (*find)(std::string_view name);
  error (*unknown)(std::string_view name, bool with_hint);
  bool with_hint; // unknown names are answered with the one that was probably meant
};

const config_option* broker_option_of(std::string_view name) {
  auto* found = find_broker_option(name);
  return found ? &found->is : nullptr;
}

std::string effective_value(const option_owner& owner, const config_option& option) {
  for (auto& config : owner.effective)
    if (config.option->name == option.name)
      return config.value;
  return std::string{option.default_value};
}

/// The list with `parts` added that it lacks, or with those taken out.
std::string changed_list(const std::string& list, std::string_view parts, bool append) {
  auto kept = split_list(list);
  for (auto part : split_list(parts)) {
    auto found = std::find(kept.begin(), kept.end(), part);
    if (append && found == kept.end())
      kept.push_back(part);
    else if (!append && found != kept.end())
      kept.erase(found);
  }
  std::string text;
  for (auto part : kept)
    text.append(text.empty() ? "" : ",").append(part);
  return text;
}

error apply_change(const option_owner& owner, const config_change& change, config_overrides& to) {
  auto* option = owner.find(change.key);
  if (!option && !(change.operation == config_operation::remove && to.contains(change.key)))
    return owner.unknown(change.key, owner.with_hint);
  if (change.operation == config_operation::remove) {
    to.erase(change.key);
    return {};
  }
  if (!change.value)
    return {errc::invalid_request, change.key + " has no value"};
  if (change.operation == config_operation::set) {
    to.insert_or_assign(change.key, *change.value);
    return {};
  }
  auto append = change.operation == config_operation::append;
  if (!append && change.operation != config_operation::subtract)
    return {errc::invalid_request, "there is no operation "
                                       + std::to_string(static_cast<int>(change.operation))
                                       + " on options: 0 sets, 1 deletes, 2 appends, 3 subtracts"};
  if (option->type != option_type::list)
    return {errc::invalid_config, change.key + " is no list, so that nothing can be "
                                      + (append ? "appended to" : "subtracted from") + " it"};
  auto own = to.find(change.key);
  auto before = own == to.end() ? effective_value(owner, *option) : own->second;
  to.insert_or_assign(change.key, changed_list(before, *change.value, append));
  return {};
}

/// What the changes make of the owner's overrides.
result<config_overrides> changed(const option_owner& owner, const altered_resource& wanted) {
  auto made = wanted.replace ? config_overrides{} : owner.current;
  std::set<std::string_view> named;
  for (auto& change : wanted.changes) {
    if (!named.insert(change.key).second)
      return fail(errc::invalid_request, "the request names the option "
                                             + change.key.substr(0, quoted_name_max_bytes)
                                             + " more than once");
    if (auto wrong = apply_change(owner, change, made); wrong.code != errc::none)
      return tl::unexpected<error>(std::move(wrong));
  }
  return made;
}

/// f(key, value) for each difference; without a value: it is taken back.
template <class F>
void for_each_difference(const config_overrides& before, const config_overrides& after, F&& f) {
  for (auto& [key, value] : before)
    if (!after.contains(key))
      f(key, std::optional<std::string>{});
  for (auto& [key, value] : after)
    if (auto known = before.find(key); known == before.end() || known->second != value)
      f(key, std::optional{value});
}

error check_broker_change(const std::string& key, const std::optional<std::string>& value) {
  auto* option = find_broker_option(key);
  if (!value)
    return {};
  if (!option->dynamic)
    return {errc::invalid_request,
            key + " is not dynamic: it is read from the node's configuration when it starts"};
  if (auto valid = validate_value(option->is, *value); !valid)
    return std::move(valid).error();
  return {};
}

result<node_id> broker_of(const metadata_image& image, const std::string& name) {
  if (name.empty())
    return every_broker;
  auto number = to_int64(name);
  if (!number || *number < 0 || *number > INT32_MAX)
    return fail(errc::invalid_request, name.substr(0, quoted_name_max_bytes)
                                           + " is no broker: it takes a node id, or nothing for all brokers");
  node_id node{static_cast<std::int32_t>(*number)};
  if (!image.find_broker(node))
    return fail(errc::unknown_broker, std::to_string(node.value()));
  return node;
}

} // namespace

error controller_core::alter_topic(const altered_resource& wanted, decision& into) {
  if (auto wrong = check_topic_name(wanted.name); wrong.code != errc::none)
    return wrong;
  auto* known = tentative_->find_topic(wanted.name);
  if (!known)
    return {errc::unknown_topic_or_partition, wanted.name};
  auto factor = static_cast<std::int32_t>(known->partitions.front().replicas.size());
  option_owner owner{
      known->configs,
      config_.defaults.describe(known->configs, factor, tentative_->overrides_of(config_.self)),
      find_topic_option, unknown_topic_option, hints_left_ > 0};
  auto after = changed(owner, wanted);
  if (!after)
    return std::move(after).error();
  if (auto valid = validate_topic_options(*after, hints_left_ > 0); !valid)
    return std::move(valid).error();
  std::vector<record> records;
  for_each_difference(known->configs, *after, [&](auto& key, auto value) {
    records.push_back(topic_config_record{known->id, key, std::move(value)});
  });
  if (!records.empty())
    draft(into, std::move(records));
  return {};
}

error controller_core::alter_broker(const altered_resource& wanted, decision& into) {
  auto node = broker_of(*tentative_, wanted.name);
  if (!node)
    return std::move(node).error();
  option_owner owner{tentative_->broker_configs(*node),
                     describe_broker(config_.defaults.node(), tentative_->overrides_of(*node)),
                     broker_option_of, unknown_broker_option, hints_left_ > 0};
  auto after = changed(owner, wanted);
  if (!after)
    return std::move(after).error();
  error wrong;
  std::vector<record> records;
  for_each_difference(owner.current, *after, [&](auto& key, auto value) {
    if (wrong.code == errc::none)
      wrong = check_broker_change(key, value);
    records.push_back(broker_config_record{*node, key, std::move(value)});
  });
  if (wrong.code == errc::none && !records.empty())
    draft(into, std::move(records));
  return wrong;
}

error controller_core::alter_one(const altered_resource& wanted, decision& into) {
  switch (wanted.kind) {
  case resource_kind::topic:
    return alter_topic(wanted, into);
  case resource_kind::broker:
    return alter_broker(wanted, into);
  }
  return {errc::invalid_request, "resources of type " + std::to_string(static_cast<int>(wanted.kind))
                                     + " have no options here: topics (2) and brokers (4) do"};
}

decision controller_core::on(const alter_configs& what) {
  decision made;
  alter_configs_reply answer;
  std::map<std::pair<resource_kind, std::string>, int> counts;
  for (auto& wanted : what.resources)
    ++counts[{wanted.kind, wanted.name}];
  auto before = tentative_;
  for (auto& wanted : what.resources) {
    auto wrong = counts[{wanted.kind, wanted.name}] > 1
                     ? error{errc::invalid_request, "the request names the resource more than once"}
                     : alter_one(wanted, made);
    count_hint(wrong);
    answer.resources.push_back({wanted.kind, wanted.name, std::move(wrong)});
  }
  if (!made.records.empty())
    settle_after_options(made);
  if (what.validate_only) {
    tentative_ = before;
    made.records.clear();
  }
  made.answer = std::move(answer);
  return made;
}

} // namespace troupe::metadata
