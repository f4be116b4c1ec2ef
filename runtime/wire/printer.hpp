// The visitor that prints a message as JSON. Only for codec.hpp.
#pragma once

#include "runtime/wire/json.hpp"
#include "runtime/wire/message.hpp"

#include <type_traits>

namespace troupe::wire::detail {

class printer {
public:
  printer(std::string& out, api_version version) noexcept : out_(out), version_(version) {}

  template <class T, class D = T>
  void operator()(const char* name, const T& value, field spec = always, const D& = D{}) {
    if (!spec.is_in(version_))
      return;
    if (out_.back() != '{')
      out_ += ',';
    append_json_string(out_, name);
    out_ += ':';
    print(value);
  }

  template <class T>
  void print_struct(const T& value) {
    out_ += '{';
    describe(*this, const_cast<T&>(value)); // only read
    out_ += '}';
  }

private:
  template <class T>
  requires std::is_integral_v<T>
  void print(T value) {
    if constexpr (std::is_same_v<T, bool>)
      out_ += value ? "true" : "false";
    else
      out_ += std::to_string(value);
  }

  void print(const topic_id& value) { append_json_string(out_, value.to_string()); }
  void print(const std::string& value) { append_json_string(out_, value); }
  void print(const bytes& value) { print_size(value.size()); }
  void print(const record_slices& value) { print_size(value.size()); }
  void print_size(std::size_t size) { out_ += "{\"size_bytes\":" + std::to_string(size) + '}'; }

  template <class T>
  void print(const std::optional<T>& value) {
    if (value)
      print(*value);
    else
      out_ += "null";
  }

  template <class T>
  void print(const std::vector<T>& value) {
    out_ += '[';
    for (const auto& element : value) {
      if (out_.back() != '[')
        out_ += ',';
      print(element);
    }
    out_ += ']';
  }

  template <class T>
  requires std::is_class_v<T>
  void print(const T& value) { print_struct(value); }

  std::string& out_;
  api_version version_;
};

} // namespace troupe::wire::detail
