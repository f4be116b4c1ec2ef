// An ordered map whose copies share their nodes: a copy costs nothing, a change O(log n), and no copy ever
// sees another's changes. An AVL tree with path copying; within one editor's life a node is copied at most
// once.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace troupe::metadata {

template <class Key, class Value>
class persistent_map {
  struct node;
  using link = std::shared_ptr<node>; // written to only while its stamp is that of the map's present editor

  struct node {
    Key key;
    Value value;
    link left;
    link right;
    int height;
    std::uint64_t stamp;
  };

public:
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// Nothing if there is none; valid as long as any map that shares the element.
  template <class K>
  const Value* find(const K& key) const {
    for (const node* at = root_.get(); at;) {
      auto order = key <=> at->key;
      if (order == 0)
        return &at->value;
      at = (order < 0 ? at->left : at->right).get();
    }
    return nullptr;
  }

  /// Calls f(key, value) in the order of the keys.
  template <class F>
  void for_each(F&& f) const {
    visit(root_.get(), f);
  }

  /// Changes one map. Nobody may copy the map as long as its editor lives: what the editor has made it
  /// changes in place.
  class editor {
  public:
    // Every node of the map was made under a lower number: by this map's earlier editors, or by those of the
    // map that it was copied from, before that.
    explicit editor(persistent_map& map) : map_(map), stamp_(++map.edits_) {}

    /// Inserts or replaces.
    void set(const Key& key, Value value) {
      auto added = false;
      map_.root_ = set_in(std::move(map_.root_), key, value, added);
      map_.size_ += added ? 1 : 0;
    }

    /// Whether there was one.
    bool erase(const Key& key) {
      if (!map_.find(key))
        return false;
      map_.root_ = erase_in(std::move(map_.root_), key);
      --map_.size_;
      return true;
    }

  private:
    link own(link at) const {
      if (at->stamp == stamp_)
        return at;
      auto copy = std::make_shared<node>(*at);
      copy->stamp = stamp_;
      return copy;
    }

    link set_in(link at, const Key& key, Value& value, bool& added) {
      if (!at) {
        added = true;
        return std::make_shared<node>(node{key, std::move(value), nullptr, nullptr, 1, stamp_});
      }
      at = own(std::move(at));
      auto order = key <=> at->key;
      if (order == 0)
        at->value = std::move(value);
      else if (order < 0)
        at->left = set_in(std::move(at->left), key, value, added);
      else
        at->right = set_in(std::move(at->right), key, value, added);
      return balance(std::move(at));
    }

    link erase_in(link at, const Key& key) {
      auto order = key <=> at->key;
      if (order == 0 && !at->left)
        return at->right;
      if (order == 0 && !at->right)
        return at->left;
      at = own(std::move(at));
      if (order < 0) {
        at->left = erase_in(std::move(at->left), key);
      } else if (order > 0) {
        at->right = erase_in(std::move(at->right), key);
      } else {
        const node* next = at->right.get();
        while (next->left)
          next = next->left.get();
        at->key = next->key;
        at->value = next->value;
        Key successor = at->key;
        at->right = erase_in(std::move(at->right), successor);
      }
      return balance(std::move(at));
    }

    static int height(const link& n) noexcept { return n ? n->height : 0; }
    static void measure(node& n) noexcept { n.height = 1 + std::max(height(n.left), height(n.right)); }

    /// `at` and its children are this editor's.
    static link rotate_right(link at) {
      auto top = std::move(at->left);
      at->left = std::move(top->right);
      measure(*at);
      top->right = std::move(at);
      measure(*top);
      return top;
    }

    static link rotate_left(link at) {
      auto top = std::move(at->right);
      at->right = std::move(top->left);
      measure(*at);
      top->left = std::move(at);
      measure(*top);
      return top;
    }

    /// `at` is this editor's, and its subtrees differ by at most two in height.
    link balance(link at) {
      if (height(at->left) > height(at->right) + 1) {
        at->left = own(std::move(at->left));
        if (height(at->left->left) < height(at->left->right)) {
          at->left->right = own(std::move(at->left->right));
          at->left = rotate_left(std::move(at->left));
        }
        return rotate_right(std::move(at));
      }
      if (height(at->right) > height(at->left) + 1) {
        at->right = own(std::move(at->right));
        if (height(at->right->right) < height(at->right->left)) {
          at->right->left = own(std::move(at->right->left));
          at->right = rotate_right(std::move(at->right));
        }
        return rotate_left(std::move(at));
      }
      measure(*at);
      return at;
    }

    persistent_map& map_;
    std::uint64_t stamp_;
  };

private:
  template <class F>
  static void visit(const node* at, F& f) {
    if (!at)
      return;
    visit(at->left.get(), f);
    f(at->key, at->value);
    visit(at->right.get(), f);
  }

  link root_;
  std::size_t size_ = 0;
  std::uint64_t edits_ = 0;
};

} // namespace troupe::metadata
