#include "config/load.hpp"

#include "config/topology.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

namespace troupe::config {

namespace {

/// The whole file, or nothing with errno set.
std::optional<std::string> read_file(const std::string& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rb"), std::fclose};
  if (!file)
    return std::nullopt;
  std::string text;
  char part[4096];
  while (auto size = std::fread(part, 1, sizeof part, file.get()))
    text.append(part, size);
  if (std::ferror(file.get()) != 0)
    return std::nullopt;
  return text;
}

/// The one that was asked for; parse_topology has refused names that nobody has.
checked<node_options> chosen_node(checked<topology> all, const std::string& name, const std::string& source) {
  if (!all)
    return tl::unexpected(std::move(all.error()));
  if (auto* named = all->find(name))
    return *named;
  if (all->nodes.size() == 1)
    return std::move(all->nodes.front());
  mistake not_said;
  not_said.where.source = source;
  not_said.what = "which of the nodes is meant is not said";
  not_said.hint = "there are " + all->names() + ": choose one with --name";
  return refuse(std::move(not_said));
}

topology_request request_for(const overrides& changes, const std::string& name) {
  topology_request request;
  request.changes = changes;
  request.name = name;
  return request;
}

} // namespace

checked<node_options> parse_node_options(std::string_view text, const std::string& source, const overrides& changes,
                                         const std::string& name) {
  return chosen_node(parse_topology(text, source, request_for(changes, name)), name, source);
}

checked<node_options> load_node_options(const std::string& path, const overrides& changes, const std::string& name) {
  return chosen_node(load_topology(path, request_for(changes, name)), name, path);
}

checked<topology> load_topology(const std::string& path, const topology_request& request) {
  if (path.empty())
    return parse_topology({}, {}, request);
  auto text = read_file(path);
  if (!text) {
    mistake unreadable;
    unreadable.what = "cannot read " + path;
    unreadable.hint = std::strerror(errno);
    return refuse(std::move(unreadable));
  }
  return parse_topology(*text, path, request);
}

} // namespace troupe::config
