#include "tests/support/simulated_file_system.hpp"

#include "runtime/base/check.hpp"
#include "runtime/base/crc32c.hpp"
#include "runtime/storage/aligned_buffer.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace troupe::test {

using storage::is_whole_blocks;

namespace {

constexpr std::size_t page_size = 4096;
constexpr std::size_t sector_size = simulated_file_system::sector_size_bytes;
constexpr std::size_t sectors_per_page = page_size / sector_size;

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

struct simulated_file_system::page {
  std::array<char, page_size> now{};
  std::unique_ptr<std::array<char, page_size>> durable; ///< only while a sector is dirty
  unsigned dirty = 0;
  unsigned unreadable = 0;
};

struct simulated_file_system::node {
  bool is_directory = false;
  std::map<std::string, node_ptr> entries;
  std::map<std::string, node_ptr> durable_entries;
  std::vector<std::unique_ptr<page>> pages; ///< null: zeros
  std::set<std::size_t> dirty_pages;
  std::uint64_t size = 0;
  std::uint64_t durable_size = 0;

  page& page_at(std::size_t i) {
    if (i >= pages.size())
      pages.resize(i + 1);
    if (!pages[i])
      pages[i] = std::make_unique<page>();
    return *pages[i];
  }
};

/// One atomic change of directories: names that get a node, or none.
struct simulated_file_system::change {
  struct setting {
    node_ptr directory;
    std::string name;
    node_ptr target;
  };
  std::vector<setting> settings;
};

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
    auto room = fs_.charge(*node_, std::max(node_->size, position + data.size()), path_);
    if (!room) {
      // As much as there is room for is written first, in whole sectors.
      auto end = std::max(node_->size, position) + (fs_.capacity_ > fs_.used_ ? fs_.capacity_ - fs_.used_ : 0);
      auto fits = end > position ? (end - position) / sector_size * sector_size : 0;
      data = data.substr(0, std::min<std::uint64_t>(fits, data.size()));
      if (!fs_.charge(*node_, std::max(node_->size, position + data.size()), path_))
        data = {};
    }
    fs_.put(*node_, position, data, options_.data_sync);
    if (options_.data_sync && !data.empty())
      settle(*node_, position, position + data.size());
    return room;
  }

  result<std::size_t> read_at(std::uint64_t position, char* to, std::size_t size) const override {
    check_alignment(position, to, size);
    auto verdict = begin("read", position, size);
    if (verdict.what != outcome::normal)
      return fs_.failed(verdict, "read", path_);
    auto end = std::min<std::uint64_t>(node_->size, position + size);
    for (auto at = position; at < end;) {
      auto i = static_cast<std::size_t>(at / page_size);
      auto in_page = static_cast<std::size_t>(at % page_size);
      auto n = static_cast<std::size_t>(std::min<std::uint64_t>(end - at, page_size - in_page));
      auto* from = i < node_->pages.size() ? node_->pages[i].get() : nullptr;
      if (from && from->unreadable != 0)
        for (auto s = in_page / sector_size; s <= (in_page + n - 1) / sector_size; ++s)
          if (from->unreadable & (1u << s))
            return fs_.failed({outcome::failure, errc::io_error}, "read",
                              path_ + " at " + std::to_string(i * page_size + s * sector_size));
      if (from)
        std::memcpy(to + (at - position), from->now.data() + in_page, n);
      else
        std::memset(to + (at - position), 0, n);
      at += n;
    }
    return static_cast<std::size_t>(end > position ? end - position : 0);
  }

  result<void> sync() override {
    auto verdict = begin("sync");
    if (verdict.what == outcome::failure && alive())
      lose_dirty(*node_);
    if (verdict.what != outcome::normal)
      return fs_.failed(verdict, "sync", path_);
    settle(*node_, 0, ~std::uint64_t{0});
    return {};
  }

  result<void> allocate(std::uint64_t size) override {
    auto verdict = begin("allocate", size);
    if (verdict.what != outcome::normal)
      return fs_.failed(verdict, "allocate", path_);
    if (auto room = fs_.charge(*node_, std::max(node_->size, size), path_); !room)
      return room;
    return {};
  }

  result<void> truncate(std::uint64_t size) override {
    CHECK(options_.write, "a file is truncated only if it was opened for writing");
    auto verdict = begin("truncate", size);
    if (verdict.what != outcome::normal)
      return fs_.failed(verdict, "truncate", path_);
    if (size > node_->size)
      return fs_.charge(*node_, size, path_);
    fs_.used_ -= node_->size - size;
    resize(*node_, size);
    return {};
  }

  result<std::uint64_t> size() const override {
    auto verdict = begin("size");
    if (verdict.what != outcome::normal)
      return fs_.failed(verdict, "size", path_);
    return node_->size;
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
    used_ -= target->size;
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
      used_ -= replaced->size;
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
    settle(at, 0, ~std::uint64_t{0});
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
  return capacity_ > used_ ? capacity_ - used_ : 0;
}

// --- content ---

/// Grows the file's size, if there is room.
result<void> simulated_file_system::charge(node& target, std::uint64_t new_size, const std::string& path) {
  auto more = new_size - target.size;
  if (more > 0 && (used_ > capacity_ || more > capacity_ - used_)) {
    note(static_cast<std::uint64_t>(errc::no_space) + 1);
    return fail(errc::no_space, "write " + path + " at " + std::to_string(target.size) + ": No space left on device");
  }
  used_ += more;
  target.size = new_size;
  return {};
}

/// `synced`: the caller settles the range at once, so that a page without unsynced sectors needs no second copy.
void simulated_file_system::put(node& target, std::uint64_t position, std::string_view data, bool synced) {
  while (!data.empty()) {
    auto i = static_cast<std::size_t>(position / page_size);
    auto in_page = static_cast<std::size_t>(position % page_size);
    auto n = std::min(data.size(), page_size - in_page);
    auto& p = target.page_at(i);
    auto unsynced = !synced || p.dirty != 0;
    if (unsynced && p.dirty == 0)
      p.durable = std::make_unique<std::array<char, page_size>>(p.now);
    for (auto s = in_page / sector_size; s <= (in_page + n - 1) / sector_size; ++s) {
      p.dirty |= unsynced ? 1u << s : 0;
      p.unreadable &= ~(1u << s);
    }
    std::memcpy(p.now.data() + in_page, data.data(), n);
    if (unsynced)
      target.dirty_pages.insert(i);
    data.remove_prefix(n);
    position += n;
  }
}

/// Some of the sectors, none of them durable.
void simulated_file_system::put_partly(node& target, std::uint64_t position, std::string_view data) {
  auto whole = random_.one_in(4);
  while (!data.empty()) {
    auto n = std::min<std::size_t>(data.size(), sector_size - static_cast<std::size_t>(position % sector_size));
    if (whole || random_.one_in(2)) {
      if (charge(target, std::max(target.size, position + n), {}))
        put(target, position, data.substr(0, n));
    }
    data.remove_prefix(n);
    position += n;
  }
}

/// What was written in [from, to), and the size that it needs, is durable now.
void simulated_file_system::settle(node& target, std::uint64_t from, std::uint64_t to) {
  auto shrunk = target.durable_size > target.size;
  auto everything = to >= target.size && from == 0;
  auto first = shrunk || everything ? target.dirty_pages.begin()
                                    : target.dirty_pages.lower_bound(static_cast<std::size_t>(from / page_size));
  while (first != target.dirty_pages.end()) {
    auto begin = static_cast<std::uint64_t>(*first) * page_size;
    if (begin >= to && !shrunk)
      break;
    auto& p = *target.pages[*first];
    for (std::size_t s = 0; s < sectors_per_page; ++s) {
      auto at = begin + s * sector_size;
      auto inside = (at < to && at + sector_size > from) || at >= target.size;
      if (!inside || (p.dirty & (1u << s)) == 0)
        continue;
      std::memcpy(p.durable->data() + s * sector_size, p.now.data() + s * sector_size, sector_size);
      p.dirty &= ~(1u << s);
    }
    if (p.dirty == 0)
      p.durable.reset();
    first = p.dirty == 0 ? target.dirty_pages.erase(first) : std::next(first);
  }
  target.durable_size = shrunk || everything ? target.size : std::max(target.durable_size, std::min(to, target.size));
}

/// To a smaller size: what is cut off reads as zeros if the file grows again.
void simulated_file_system::resize(node& target, std::uint64_t size) {
  static const std::string zeros(page_size, '\0');
  for (auto at = size; at < target.size;) {
    auto i = static_cast<std::size_t>(at / page_size);
    auto n = page_size - static_cast<std::size_t>(at % page_size);
    if (i < target.pages.size() && target.pages[i]) {
      auto unused = std::string_view{zeros}.substr(0, n);
      auto& p = *target.pages[i];
      if (p.dirty == 0)
        p.durable = std::make_unique<std::array<char, page_size>>(p.now);
      auto in_page = static_cast<std::size_t>(at % page_size);
      for (auto s = in_page / sector_size; s < sectors_per_page; ++s)
        p.dirty |= 1u << s;
      std::memcpy(p.now.data() + in_page, unused.data(), n);
      target.dirty_pages.insert(i);
    }
    at += n;
  }
  target.size = size;
}

/// A failed sync: the system forgets that the pages were dirty, and what was in them.
void simulated_file_system::lose_dirty(node& target) {
  for (auto i : target.dirty_pages) {
    auto& p = *target.pages[i];
    p.now = *p.durable;
    p.durable.reset();
    p.dirty = 0;
  }
  target.dirty_pages.clear();
}

// --- the machine ---

void simulated_file_system::cut_file(node& target, random_source& random) {
  auto mode = random.below(4);
  auto size = target.size;
  if (target.size != target.durable_size && mode != 1) {
    auto low = std::min(target.size, target.durable_size);
    auto gap = std::max(target.size, target.durable_size) - low;
    size = mode == 0 ? target.durable_size : low + random.below(gap + 1);
  }
  auto reverted_from = std::min(target.size, size);
  for (auto i : target.dirty_pages) {
    auto& p = *target.pages[i];
    for (std::size_t s = 0; s < sectors_per_page; ++s) {
      if ((p.dirty & (1u << s)) == 0)
        continue;
      auto beyond = i * page_size + s * sector_size >= reverted_from && size > target.size;
      auto keep = mode == 1 ? sector_size : mode == 0 || beyond ? 0 : random.one_in(2) ? sector_size : 0;
      if (mode > 1 && random.one_in(10) && !beyond)
        keep = random.below(sector_size);
      auto at = s * sector_size + keep;
      std::memcpy(p.now.data() + at, p.durable->data() + at, sector_size - keep);
    }
    p.durable.reset();
    p.dirty = 0;
  }
  target.dirty_pages.clear();
  if (size < target.size) {
    resize(target, size);
    settle(target, 0, ~std::uint64_t{0});
  }
  target.size = target.durable_size = size;
}

void simulated_file_system::cut_tree(const node_ptr& at, random_source& random) {
  at->entries = at->durable_entries;
  if (!at->is_directory)
    cut_file(*at, random);
  for (auto& [name, below] : at->entries)
    cut_tree(below, random);
}

void simulated_file_system::power_cut(random_source& random) {
  auto mode = random.below(3);
  for (auto& made : unsynced_)
    if (mode == 1 || (mode == 2 && random.one_in(2)))
      make_durable(made);
  unsynced_.clear();
  cut_tree(root_, random);
  off_ = true;
}

void simulated_file_system::restart() {
  off_ = false;
  crash_at_.reset();
  ++generation_;
  locks_.clear();
  used_ = sum_sizes(*root_);
}

std::uint64_t simulated_file_system::sum_sizes(const node& at) const {
  auto sum = at.size;
  for (auto& [name, below] : at.entries)
    sum += sum_sizes(*below);
  return sum;
}

// --- faults ---

void simulated_file_system::fail_always(std::string kind, std::string part, errc code) {
  standing_.push_back({std::move(kind), std::move(part), code});
}

void simulated_file_system::clear_failures() {
  standing_.clear();
  failures_.clear();
}

void simulated_file_system::flip_bit(const std::string& path, std::uint64_t position, unsigned bit) {
  auto target = find(path);
  CHECK(target && position < target->size, "a bit is flipped inside of a file");
  auto& p = target->page_at(static_cast<std::size_t>(position / page_size));
  auto mask = static_cast<char>(1u << (bit % 8));
  p.now[position % page_size] ^= mask;
  if (p.durable)
    (*p.durable)[position % page_size] ^= mask;
}

void simulated_file_system::make_unreadable(const std::string& path, std::uint64_t position, std::uint64_t size) {
  auto target = find(path);
  CHECK(target && size > 0 && position + size <= target->size, "the sectors lie inside of the file");
  for (auto at = position / sector_size * sector_size; at < position + size; at += sector_size)
    target->page_at(static_cast<std::size_t>(at / page_size)).unreadable |= 1u << (at % page_size / sector_size);
}

void simulated_file_system::lose_file(const std::string& path) {
  auto [parent, name] = parent_and_name(path);
  CHECK(parent && parent->entries.contains(name), "the file is there");
  used_ -= parent->entries[name]->size;
  parent->entries.erase(name);
  parent->durable_entries.erase(name);
}

void simulated_file_system::plant_file(const std::string& path, std::string_view content) {
  auto [parent, name] = parent_and_name(path);
  CHECK(parent, "the directory is there");
  if (parent->entries.contains(name))
    lose_file(path);
  auto made = std::make_shared<node>();
  used_ += content.size();
  made->size = content.size();
  put(*made, 0, content);
  settle(*made, 0, ~std::uint64_t{0});
  parent->entries[name] = parent->durable_entries[name] = made;
}

std::optional<std::string> simulated_file_system::content(const std::string& path) const {
  auto target = find(path);
  if (!target || target->is_directory)
    return std::nullopt;
  std::string content(static_cast<std::size_t>(target->size), '\0');
  for (std::size_t i = 0; i < target->pages.size() && i * page_size < content.size(); ++i)
    if (target->pages[i])
      std::memcpy(content.data() + i * page_size, target->pages[i]->now.data(),
                  std::min(page_size, content.size() - i * page_size));
  return content;
}

} // namespace troupe::test
