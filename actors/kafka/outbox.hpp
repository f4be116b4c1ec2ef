// Answers on their way to one client: what was written for it, and slices of the log in between, which are shared and
// copied only piece by piece, as the connection takes them.
#pragma once

#include "runtime/wire/message.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace troupe::kafka {

class outbox {
public:
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /// Takes an answer; only when empty. `write(own, splices)` writes it.
  template <class Write>
  void fill(Write write) {
    own_.clear();
    splices_.clear();
    own_at_ = splice_at_ = shared_at_ = 0;
    write(own_, splices_);
    size_ = own_.size();
    for (auto& s : splices_)
      size_ += s.data.size();
  }

  /// Appends up to `max_bytes` to `out`.
  void drain(std::vector<char>& out, std::size_t max_bytes) {
    while (max_bytes > 0 && size_ > 0) {
      auto has_splice = splice_at_ < splices_.size();
      auto own_end = has_splice ? splices_[splice_at_].position : own_.size();
      std::size_t taken = 0;
      if (own_at_ < own_end) {
        taken = std::min(max_bytes, own_end - own_at_);
        auto from = own_.begin() + static_cast<std::ptrdiff_t>(own_at_);
        out.insert(out.end(), from, from + static_cast<std::ptrdiff_t>(taken));
        own_at_ += taken;
      } else {
        auto& shared = splices_[splice_at_].data;
        taken = std::min(max_bytes, shared.size() - shared_at_);
        out.insert(out.end(), shared.data() + shared_at_, shared.data() + shared_at_ + taken);
        shared_at_ += taken;
        if (shared_at_ == shared.size()) {
          shared = {}; // the log may have its memory back
          shared_at_ = 0;
          ++splice_at_;
        }
      }
      max_bytes -= taken;
      size_ -= taken;
    }
  }

private:
  std::vector<char> own_;
  std::vector<wire::splice> splices_; ///< by position
  std::size_t own_at_ = 0;
  std::size_t splice_at_ = 0;
  std::size_t shared_at_ = 0; ///< in the splice at splice_at_
  std::size_t size_ = 0;
};

} // namespace troupe::kafka
