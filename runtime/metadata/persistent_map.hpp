// An ordered map whose copies share their nodes: a copy costs nothing, a change O(log n), and no copy ever
// sees another's changes. An AVL tree with path copying.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

namespace troupe::metadata {

template <class Key, class Value>
class persistent_map {
  struct node;
  using link = std::shared_ptr<const node>;

  struct node {
    Key key;
    Value value;
    link left;
    link right;
    int height;
  };

public:
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// Nothing if there is none; valid as long as any map that shares the element.
  template <class K>
  const Value* find(const K& key) const {
    for (const node* at = root_.get(); at;) {
      if (key < at->key)
        at = at->left.get();
      else if (at->key < key)
        at = at->right.get();
      else
        return &at->value;
    }
    return nullptr;
  }

  /// Inserts or replaces.
  void set(const Key& key, Value value) {
    bool added = true;
    root_ = set_in(root_, key, std::move(value), added);
    size_ += added ? 1 : 0;
  }

  /// Whether there was one.
  bool erase(const Key& key) {
    if (!find(key))
      return false;
    root_ = erase_in(root_, key);
    --size_;
    return true;
  }

  /// Calls f(key, value) in the order of the keys.
  template <class F>
  void for_each(F&& f) const {
    visit(root_.get(), f);
  }

private:
  static int height(const link& n) noexcept { return n ? n->height : 0; }

  static link make(const Key& key, Value value, link left, link right) {
    auto tall = 1 + std::max(height(left), height(right));
    return std::make_shared<const node>(node{key, std::move(value), std::move(left), std::move(right), tall});
  }

  /// A node over two subtrees whose heights differ by at most two.
  static link balance(const Key& key, const Value& value, link left, link right) {
    if (height(left) > height(right) + 1) {
      if (height(left->left) >= height(left->right))
        return make(left->key, left->value, left->left, make(key, value, left->right, std::move(right)));
      const auto& inner = left->right;
      return make(inner->key, inner->value, make(left->key, left->value, left->left, inner->left),
                  make(key, value, inner->right, std::move(right)));
    }
    if (height(right) > height(left) + 1) {
      if (height(right->right) >= height(right->left))
        return make(right->key, right->value, make(key, value, std::move(left), right->left), right->right);
      const auto& inner = right->left;
      return make(inner->key, inner->value, make(key, value, std::move(left), inner->left),
                  make(right->key, right->value, inner->right, right->right));
    }
    return make(key, value, std::move(left), std::move(right));
  }

  static link set_in(const link& at, const Key& key, Value&& value, bool& added) {
    if (!at)
      return make(key, std::move(value), nullptr, nullptr);
    if (key < at->key)
      return balance(at->key, at->value, set_in(at->left, key, std::move(value), added), at->right);
    if (at->key < key)
      return balance(at->key, at->value, at->left, set_in(at->right, key, std::move(value), added));
    added = false;
    return make(key, std::move(value), at->left, at->right);
  }

  static link erase_in(const link& at, const Key& key) {
    if (key < at->key)
      return balance(at->key, at->value, erase_in(at->left, key), at->right);
    if (at->key < key)
      return balance(at->key, at->value, at->left, erase_in(at->right, key));
    if (!at->left)
      return at->right;
    if (!at->right)
      return at->left;
    const node* next = at->right.get();
    while (next->left)
      next = next->left.get();
    return balance(next->key, next->value, at->left, erase_in(at->right, next->key));
  }

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
};

} // namespace troupe::metadata
