// Who has been named in the log already, so that a client that tries again for ever fills no disk.
#pragma once

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace troupe::kafka {

class once_by_client {
public:
  static constexpr std::size_t clients_max = 256;
  static constexpr std::size_t name_max_bytes = 100;

  /// The name as it may stand in a log, the first time that it is given; nothing later, nor beyond clients_max clients.
  std::optional<std::string> first(std::string_view client) {
    std::string name{client.substr(0, name_max_bytes)};
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    std::lock_guard lock{mutex_};
    auto is_new = named_.size() < clients_max && named_.insert(name).second;
    return is_new ? std::optional{std::move(name)} : std::nullopt;
  }

private:
  std::mutex mutex_; // each connection runs on a thread of its own choice
  std::set<std::string> named_;
};

} // namespace troupe::kafka
