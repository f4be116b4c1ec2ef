// The visitor that fills a message at random: for round trips in tests and first inputs for fuzzing.
#pragma once

#include "runtime/base/random.hpp"
#include "runtime/wire/message.hpp"

#include <cstring>
#include <type_traits>

namespace troupe::wire {

/// Fills the fields that a version has, and leaves the others at their defaults, so that the message equals
/// what its encoding decodes to.
class randomizer {
public:
  randomizer(random_source& random, api_version version) noexcept : random_(random), version_(version) {}

  template <class T, class D = T>
  void operator()(const char*, T& value, field spec = always, const D& = D{}) {
    if (!spec.is_in(version_) || (spec.tag >= 0 && random_.one_in(2)))
      return;
    fill(value, spec);
  }

private:
  static constexpr std::size_t elements_max = 3;

  template <class T>
  requires std::is_integral_v<T>
  void fill(T& value, field) {
    if constexpr (std::is_same_v<T, bool>)
      value = random_.one_in(2);
    else
      value = static_cast<T>(random_.next() >> random_.below(64));
  }

  void fill(topic_id& value, field) {
    for (auto& byte : value.bytes)
      byte = static_cast<std::uint8_t>(random_.next());
  }

  void fill(std::string& value, field) {
    // Now and then so long that a compact length takes two bytes.
    value.resize(random_.one_in(16) ? 120 + random_.below(200) : random_.below(20));
    for (auto& c : value)
      c = static_cast<char>('!' + random_.below(90));
  }

  void fill(bytes& value, field) {
    value = bytes::allocate(random_.below(100));
    for (std::size_t i = 0; i < value.size(); ++i)
      value.mutable_data()[i] = static_cast<char>(random_.next());
  }

  void fill(record_slices& value, field spec) {
    value.slices.resize(random_.below(elements_max));
    for (auto& slice : value.slices)
      fill(slice, spec);
  }

  template <class T>
  void fill(std::vector<T>& value, field) {
    value.resize(random_.below(elements_max + 1));
    for (auto& element : value)
      fill(element, always);
  }

  template <class T>
  void fill(std::optional<T>& value, field spec) {
    value.reset();
    if (version_ < spec.null_since || !random_.one_in(3))
      fill(value.emplace(), spec);
  }

  template <class T>
  requires std::is_class_v<T>
  void fill(T& value, field) { describe(*this, value); }

  random_source& random_;
  api_version version_;
};

template <class T>
T random_message(random_source& random, api_version version) {
  T message;
  randomizer fill{random, version};
  describe(fill, message);
  return message;
}

} // namespace troupe::wire
