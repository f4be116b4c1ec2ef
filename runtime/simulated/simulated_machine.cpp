// What happens to the simulated machine, and what its disk is made to do.
#include "runtime/base/check.hpp"
#include "runtime/simulated/simulated_nodes.hpp"

namespace troupe::test {

void simulated_file_system::cut_tree(const node_ptr& at, random_source& random) {
  at->entries = at->durable_entries;
  if (!at->is_directory)
    at->content.cut(random);
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
  auto sum = at.content.size();
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
  CHECK(target, "the file is there");
  target->content.flip_bit(position, bit);
}

void simulated_file_system::make_unreadable(const std::string& path, std::uint64_t position, std::uint64_t size) {
  auto target = find(path);
  CHECK(target, "the file is there");
  target->content.make_unreadable(position, size);
}

void simulated_file_system::lose_file(const std::string& path) {
  auto [parent, name] = parent_and_name(path);
  CHECK(parent && parent->entries.contains(name), "the file is there");
  used_ -= parent->entries[name]->content.size();
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
  made->content.grow(content.size());
  made->content.put(0, content);
  made->content.settle_all();
  parent->entries[name] = parent->durable_entries[name] = made;
}

std::optional<std::string> simulated_file_system::content(const std::string& path) const {
  auto target = find(path);
  if (!target || target->is_directory)
    return std::nullopt;
  return target->content.copy();
}

simulated_file_system::node_ptr simulated_file_system::copy_durable(const node& at) {
  auto made = std::make_shared<node>();
  made->is_directory = at.is_directory;
  if (!at.is_directory) {
    auto all = at.content.durable_copy();
    made->content.grow(all.size());
    made->content.put(0, all);
    made->content.settle_all();
  }
  for (auto& [name, below] : at.durable_entries)
    made->entries[name] = copy_durable(*below);
  made->durable_entries = made->entries;
  return made;
}

std::unique_ptr<simulated_file_system> simulated_file_system::durable_copy() const {
  auto made = std::make_unique<simulated_file_system>();
  made->root_ = copy_durable(*root_);
  made->used_ = made->sum_sizes(*made->root_);
  return made;
}

} // namespace troupe::test
