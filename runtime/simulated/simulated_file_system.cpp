#include "runtime/simulated/simulated_file_system.hpp"

#include "runtime/base/check.hpp"
#include "runtime/base/crc32c.hpp"
#include "runtime/storage/aligned_buffer.hpp"
#include "runtime/simulated/simulated_nodes.hpp"

#include <algorithm>

namespace troupe::test {

using storage::is_whole_blocks;

namespace {

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (at < path.size()) {
    auto end = std::min(path.find('/', at), path.size());
    if (end > at && path.compare(at, end - at, ".") != 0)
      parts.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::uint64_t hash_of(std::string_view text) noexcept { return crc32c(text); }

} // namespace

class simulated_file_system::held_lock final : public storage::file_lock {
public:
  explicit held_lock(std::shared_ptr<int> token) : token_(std::move(token)) {}

private:
  std::shared_ptr<int> token_;
};

class simulated_file_system::open_file final : public storage::file {
public:
  open_file(simulated_file_system& fs, node_ptr target, std::string path, storage::open_options options)
      : fs_(fs), node_(std::move(target)), path_(std::move(path)), options_(options), generation_(fs.generation_) {}

  result<void> write_at(std::uint64_t position, std::string_view data) override {
    CHECK(options_.write, "a file is written only if it was opened for writing");
    check_alignment(position, data.data(), data.size());
    auto verdict = begin("write", position, data.size());
    fs_.note(crc32c(data));
    if (verdict.what != outcome::normal) {
      if (alive())
        fs_.put_partly(*node_, position, data);
      return fs_.failed(verdict, "write", path_);
    }
    auto& content = node_->content;
    auto room = fs_.charge(*node_, position + data.size(), path_);
    if (!room) {
      // As much as there is room for is written first, in whole sectors.
      auto end = std::max(content.size(), position) + fs_.room();
      auto fits = end > position ? (end - position) / sector_size_bytes * sector_size_bytes : 0;
      data = data.substr(0, std::min<std::uint64_t>(fits, data.size()));
      if (!fs_.charge(*node_, position + data.size(), path_))
        data = {};
    }
    if (data.empty())
      return room;
    content.put(position, data, options_.data_sync);
    if (options_.data_sync) {
      content.settle(position, position + data.size());
      if (fs_.on_durable_write)
        fs_.on_durable_write(path_, data);
    }
    return room;
  }

  result<std::size_t> read_at(std::uint64_t position, char* to, std::size_t size) const override {
    check_alignment(position, to, size);
    auto verdict = begin("read", position, size);
    if (verdict.what != outcome::normal)
      return fs_.failed(verdict, "read", path_);
    auto end = std::min<std::uint64_t>(node_->content.size(), position + size);
    auto got = static_cast<std::size_t>(end > position ? end - position : 0);
    if (auto bad = got > 0 ? node_->content.get(position, to, got) : std::nullopt)
      return fs_.failed({outcome::failure, errc::io_error}, "read", path_ + " at " + std::to_string(*bad));
    return got;
  }

  result<void> sync() override {
    auto verdict = begin("sync");
    if (verdict.what == outcome::failure && alive())
      node_->content.lose_unsettled();
    if (verdict.what != outcome::normal)
      return fs_.failed(verdict, "sync", path_);
    node_->content.settle_all();
    return {};
  }

  result<void> allocate(std::uint64_t size) override {
    auto verdict = begin("allocate", size);
    if (verdict.what != outcome::normal)
      return fs_.failed(verdict, "allocate", path_);
    return fs_.charge(*node_, size, path_);
  }

  result<void> truncate(std::uint64_t size) override {
    CHECK(options_.write, "a file is truncated only if it was opened for writing");
    auto verdict = begin("truncate", size);
    if (verdict.what != outcome::normal)
      return fs_.failed(verdict, "truncate", path_);
    if (size > node_->content.size())
      return fs_.charge(*node_, size, path_);
    fs_.used_ -= node_->content.size() - size;
    node_->content.shrink(size);
    return {};
  }

  result<std::uint64_t> size() const override {
    auto verdict = begin("size");
    if (verdict.what != outcome::normal)
      return fs_.failed(verdict, "size", path_);
    return node_->content.size();
  }

  bool is_direct() const noexcept override { return options_.direct && fs_.direct_; }
  const std::string& path() const noexcept override { return path_; }

private:
  bool alive() const { return generation_ == fs_.generation_; }

  verdict begin(std::string_view kind, std::uint64_t a = 0, std::uint64_t b = 0) const {
    auto verdict = fs_.begin(kind, path_, a, b);
    if (!alive())
      return {outcome::failure, errc::io_error};
    return verdict;
  }

  void check_alignment(std::uint64_t position, const char* at, std::size_t size) const {
    if (is_direct())
      CHECK(is_whole_blocks(position) && is_whole_blocks(size)
              && is_whole_blocks(reinterpret_cast<std::uintptr_t>(at)),
            "direct I/O is in whole blocks");
  }

  simulated_file_system& fs_;
  node_ptr node_;
  std::string path_;
  storage::open_options options_;
  std::uint64_t generation_;
};

simulated_file_system::simulated_file_system(std::uint64_t seed) : root_(std::make_shared<node>()), random_(seed) {
  root_->is_directory = true;
}

simulated_file_system::~simulated_file_system() = default;

// --- operations ---

simulated_file_system::verdict simulated_file_system::begin(std::string_view kind, const std::string& path,
                                                            std::uint64_t a, std::uint64_t b) const {
  if (on_operation)
    on_operation(kind, path);
  note(hash_of(kind));
  note(hash_of(path));
  note(a);
  note(b);
  if (off_)
    return {outcome::failure, errc::io_error};
  auto number = operations_++;
  if (crash_at_ && number >= *crash_at_) {
    off_ = true;
    return {outcome::crash, errc::io_error};
  }
  if (!failures_.empty())
    if (auto found = failures_.find(number); found != failures_.end())
      return {outcome::failure, found->second};
  for (auto& standing : standing_)
    if (standing.kind == kind && path.find(standing.part) != std::string::npos)
      return {outcome::failure, standing.code};
  return {};
}

tl::unexpected<error> simulated_file_system::failed(const verdict& why, std::string_view kind,
                                                    const std::string& path) const {
  note(static_cast<std::uint64_t>(why.code) + 1);
  return fail(why.code, std::string{kind} + " " + path + (off_ ? ": the machine is off" : ": injected"));
}

simulated_file_system::node_ptr simulated_file_system::find(const std::string& path) const {
  auto at = root_;
  for (auto& part : parts_of(path)) {
    auto found = at->entries.find(part);
    if (found == at->entries.end())
      return nullptr;
    at = found->second;
  }
  return at;
}

std::pair<simulated_file_system::node_ptr, std::string>
simulated_file_system::parent_and_name(const std::string& path) const {
  auto parts = parts_of(path);
  if (parts.empty())
    return {nullptr, {}};
  auto name = parts.back();
  parts.pop_back();
  auto at = root_;
  for (auto& part : parts) {
    auto found = at->entries.find(part);
    if (found == at->entries.end() || !found->second->is_directory)
      return {nullptr, {}};
    at = found->second;
  }
  return {at, name};
}

void simulated_file_system::apply(change made) {
  for (auto& s : made.settings) {
    if (s.target)
      s.directory->entries[s.name] = s.target;
    else
      s.directory->entries.erase(s.name);
  }
  unsynced_.push_back(std::move(made));
}

void simulated_file_system::make_durable(const change& made) {
  for (auto& s : made.settings) {
    if (s.target)
      s.directory->durable_entries[s.name] = s.target;
    else
      s.directory->durable_entries.erase(s.name);
  }
}

result<std::unique_ptr<storage::file>> simulated_file_system::open(const std::string& path,
                                                                   storage::open_options options) {
  auto verdict = begin("open", path);
  if (verdict.what == outcome::failure)
    return failed(verdict, "open", path);
  auto target = find(path);
  auto [parent, name] = parent_and_name(path);
  if (target && target->is_directory)
    return fail(errc::invalid_argument, "open " + path + ": Is a directory");
  if (!target && (!options.create || !parent))
    return fail(errc::not_found, "open " + path + ": No such file or directory");
  if (!target && (verdict.what == outcome::normal || random_.one_in(2))) {
    target = std::make_shared<node>();
    apply({{{parent, name, target}}});
  }
  if (verdict.what == outcome::crash)
    return failed(verdict, "open", path);
  return std::make_unique<open_file>(*this, target, path, options);
}

result<void> simulated_file_system::make_directories(const std::string& path) {
  std::string so_far = path.starts_with('/') ? "" : ".";
  for (auto& part : parts_of(path)) {
    auto above = so_far.empty() ? "/" : so_far;
    so_far += "/" + part;
    auto found = find(so_far);
    if (found && !found->is_directory)
      return fail(errc::invalid_argument, "make directory " + so_far + ": Not a directory");
    if (!found) {
      auto verdict = begin("mkdir", so_far);
      if (verdict.what == outcome::failure)
        return failed(verdict, "mkdir", so_far);
      auto made = std::make_shared<node>();
      made->is_directory = true;
      if (verdict.what == outcome::normal || random_.one_in(2))
        apply({{{find(above), part, made}}});
      if (verdict.what == outcome::crash)
        return failed(verdict, "mkdir", so_far);
    }
    // One that is there may have been made just before a crash, and not be durable yet.
    if (auto synced = sync_directory(above); !synced)
      return synced;
  }
  return {};
}

result<void> simulated_file_system::make_directory(const std::string& path) {
  auto verdict = begin("mkdir", path);
  if (verdict.what == outcome::failure)
    return failed(verdict, "mkdir", path);
  auto [parent, name] = parent_and_name(path);
  if (!parent)
    return fail(errc::not_found, "make directory " + path + ": No such file or directory");
  auto found = find(path);
  if (found && !found->is_directory)
    return fail(errc::invalid_argument, "make directory " + path + ": Not a directory");
  if (!found && (verdict.what == outcome::normal || random_.one_in(2))) {
    auto made = std::make_shared<node>();
    made->is_directory = true;
    apply({{{parent, name, made}}});
  }
  if (verdict.what == outcome::crash)
    return failed(verdict, "mkdir", path);
  return {};
}

result<std::vector<std::string>> simulated_file_system::list(const std::string& path) const {
  auto verdict = begin("list", path);
  if (verdict.what != outcome::normal)
    return failed(verdict, "list", path);
  auto target = find(path);
  if (!target || !target->is_directory)
    return fail(errc::not_found, "list " + path + ": No such file or directory");
  std::vector<std::string> names;
  for (auto& [name, unused] : target->entries)
    names.push_back(name);
  return names;
}

result<bool> simulated_file_system::exists(const std::string& path) const {
  auto verdict = begin("exists", path);
  if (verdict.what != outcome::normal)
    return failed(verdict, "exists", path);
  return find(path) != nullptr;
}

result<void> simulated_file_system::remove(const std::string& path) {
  auto verdict = begin("remove", path);
  if (verdict.what == outcome::failure)
    return failed(verdict, "remove", path);
  auto target = find(path);
  if (!target)
    return fail(errc::not_found, "remove " + path + ": No such file or directory");
  if (target->is_directory && !target->entries.empty())
    return fail(errc::already_exists, "remove " + path + ": Directory not empty");
  auto [parent, name] = parent_and_name(path);
  if (verdict.what == outcome::normal || random_.one_in(2)) {
    used_ -= target->content.size();
    apply({{{parent, name, nullptr}}});
  }
  return verdict.what == outcome::crash ? failed(verdict, "remove", path) : result<void>{};
}

result<void> simulated_file_system::remove_all(const std::string& path) {
  auto target = find(path);
  if (!target)
    return off_ ? result<void>(failed(begin("remove", path), "remove", path)) : result<void>{};
  std::vector<std::string> names;
  for (auto& [name, unused] : target->entries)
    names.push_back(name);
  for (auto& name : names)
    if (auto removed = remove_all(path + "/" + name); !removed)
      return removed;
  return remove(path);
}

result<void> simulated_file_system::rename(const std::string& from, const std::string& to) {
  auto verdict = begin("rename", from);
  note(hash_of(to));
  if (verdict.what == outcome::failure)
    return failed(verdict, "rename", from);
  auto moved = find(from);
  auto replaced = find(to);
  auto [from_parent, from_name] = parent_and_name(from);
  auto [to_parent, to_name] = parent_and_name(to);
  if (!moved || !to_parent)
    return fail(errc::not_found, "rename " + from + " to " + to + ": No such file or directory");
  if (replaced && replaced->is_directory && !replaced->entries.empty())
    return fail(errc::already_exists, "rename " + from + " to " + to + ": Directory not empty");
  if (moved != replaced && (verdict.what == outcome::normal || random_.one_in(2))) {
    if (replaced)
      used_ -= replaced->content.size();
    apply({{{from_parent, from_name, nullptr}, {to_parent, to_name, moved}}});
  }
  return verdict.what == outcome::crash ? failed(verdict, "rename", from) : result<void>{};
}

result<void> simulated_file_system::sync_directory(const std::string& path) {
  auto verdict = begin("sync_directory", path);
  if (verdict.what != outcome::normal)
    return failed(verdict, "sync_directory", path);
  auto target = find(path);
  if (!target || !target->is_directory)
    return fail(errc::not_found, "sync directory " + path + ": No such file or directory");
  for (auto i = unsynced_.begin(); i != unsynced_.end();) {
    auto touches = std::any_of(i->settings.begin(), i->settings.end(),
                               [&](const change::setting& s) { return s.directory == target; });
    if (touches)
      make_durable(*i);
    i = touches ? unsynced_.erase(i) : std::next(i);
  }
  return {};
}

result<void> simulated_file_system::sync_all(const std::string& path) {
  auto verdict = begin("sync_all", path);
  if (verdict.what != outcome::normal)
    return failed(verdict, "sync_all", path);
  for (auto& made : unsynced_)
    make_durable(made);
  unsynced_.clear();
  settle_tree(*root_);
  return {};
}

void simulated_file_system::settle_tree(node& at) {
  if (!at.is_directory)
    at.content.settle_all();
  for (auto& [name, below] : at.entries)
    settle_tree(*below);
}

result<std::unique_ptr<storage::file_lock>> simulated_file_system::lock(const std::string& path) {
  auto verdict = begin("lock", path);
  if (verdict.what != outcome::normal)
    return failed(verdict, "lock", path);
  auto [parent, name] = parent_and_name(path);
  if (!parent)
    return fail(errc::not_found, "open lock " + path + ": No such file or directory");
  auto& holder = locks_[path];
  if (!holder.expired())
    return fail(errc::in_use, path + " is locked");
  if (!find(path))
    apply({{{parent, name, std::make_shared<node>()}}});
  auto token = std::make_shared<int>(0);
  holder = token;
  return std::make_unique<held_lock>(std::move(token));
}

result<std::uint64_t> simulated_file_system::free_bytes(const std::string& path) const {
  auto verdict = begin("free_bytes", path);
  if (verdict.what != outcome::normal)
    return failed(verdict, "free_bytes", path);
  return room();
}

// --- content ---

/// Makes the file so large, if it is not and there is room.
result<void> simulated_file_system::charge(node& target, std::uint64_t size, const std::string& path) {
  auto& content = target.content;
  if (size <= content.size())
    return {};
  if (size - content.size() > room()) {
    note(static_cast<std::uint64_t>(errc::no_space) + 1);
    return fail(errc::no_space, "write " + path + " at " + std::to_string(content.size()) + ": No space left on device");
  }
  used_ += size - content.size();
  content.grow(size);
  return {};
}

/// Some of the sectors, none of them durable.
void simulated_file_system::put_partly(node& target, std::uint64_t position, std::string_view data) {
  auto whole = random_.one_in(4);
  while (!data.empty()) {
    auto n = std::min<std::size_t>(data.size(), sector_size_bytes - static_cast<std::size_t>(position % sector_size_bytes));
    if ((whole || random_.one_in(2)) && charge(target, position + n, {}))
      target.content.put(position, data.substr(0, n));
    data.remove_prefix(n);
    position += n;
  }
}

} // namespace troupe::test
