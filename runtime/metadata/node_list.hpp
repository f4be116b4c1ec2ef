// Short lists of nodes, in the order that somebody chose for them.
#pragma once

#include "runtime/base/types.hpp"

#include <algorithm>
#include <vector>

namespace troupe::metadata {

inline bool contains(const std::vector<node_id>& list, node_id node) {
  return std::find(list.begin(), list.end(), node) != list.end();
}

/// `list` but for what is in `others`, in the same order.
inline std::vector<node_id> without(const std::vector<node_id>& list, const std::vector<node_id>& others) {
  std::vector<node_id> rest;
  for (auto node : list)
    if (!contains(others, node))
      rest.push_back(node);
  return rest;
}

} // namespace troupe::metadata
