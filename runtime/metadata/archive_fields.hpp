// How texts, lists and what may be missing go through Boost.Serialization; and the streams that archives are
// written to and read from. Only the archives of this room include this.
//
// Loading trusts nothing: a text or a list is bounded before memory is taken for it, and a list grows as its
// elements arrive.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"

#include <boost/archive/archive_exception.hpp>
#include <boost/serialization/level.hpp>
#include <boost/serialization/tracking.hpp>
#include <boost/serialization/version.hpp>

#include <cstdint>
#include <optional>
#include <streambuf>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe::metadata {

constexpr std::uint32_t text_max_bytes = 65'535;
constexpr std::uint32_t list_max_length = 65'535;

constexpr std::size_t error_detail_max_bytes = 1000; // longer sentences are cut

/// What every Boost archive begins with: the length of its signature, and the signature.
constexpr std::string_view archive_signature{"\x16\0\0\0\0\0\0\0serialization::archive", 30};

/// Thrown while loading or saving; never leaves this room.
struct refused_archive {
  errc why;
};

class archive_sink : public std::streambuf {
public:
  std::string data;

protected:
  std::streamsize xsputn(const char* from, std::streamsize size) override {
    data.append(from, static_cast<std::size_t>(size));
    return size;
  }
  int_type overflow(int_type c) override {
    data.push_back(traits_type::to_char_type(c));
    return c;
  }
};

class archive_source : public std::streambuf {
public:
  explicit archive_source(std::string_view data) {
    auto* begin = const_cast<char*>(data.data()); // the interface asks for it; nothing is ever put back
    setg(begin, begin, begin + data.size());
  }
  bool exhausted() const { return gptr() == egptr(); }
};

inline errc refusal(const boost::archive::archive_exception& e) {
  using what = boost::archive::archive_exception;
  switch (e.code) {
  case what::unsupported_version:
  case what::unsupported_class_version:
  case what::incompatible_native_format:
    return errc::wrong_format;
  default:
    return errc::malformed;
  }
}

template <class Archive, class T>
void field(Archive& archive, T& value) {
  archive& value;
}

template <class Archive>
void field(Archive& archive, bool& value) {
  std::uint8_t raw = value ? 1 : 0;
  archive& raw;
  if (raw > 1)
    throw refused_archive{errc::malformed};
  value = raw == 1;
}

template <class Archive>
std::uint32_t length_field(Archive& archive, std::size_t length, std::uint32_t most) {
  if (length > most)
    throw refused_archive{errc::too_large};
  auto size = static_cast<std::uint32_t>(length);
  archive& size;
  if (size > most)
    throw refused_archive{errc::malformed};
  return size;
}

template <class Archive>
void field(Archive& archive, std::string& text) {
  auto size = length_field(archive, Archive::is_saving::value ? text.size() : 0, text_max_bytes);
  text.resize(size);
  if constexpr (Archive::is_saving::value)
    archive.save_binary(text.data(), size);
  else
    archive.load_binary(text.data(), size);
}

template <class Archive, class T>
requires std::is_enum_v<T>
void field(Archive& archive, T& value) {
  auto raw = static_cast<std::underlying_type_t<T>>(value);
  archive& raw;
  value = static_cast<T>(raw);
}

template <class Archive>
void field(Archive& archive, errc& code) {
  auto raw = static_cast<std::uint8_t>(code);
  archive& raw;
  if (raw > static_cast<std::uint8_t>(errc::last_code))
    throw refused_archive{errc::wrong_format};
  code = static_cast<errc>(raw);
}

template <class Archive>
void field(Archive& archive, error& value) {
  field(archive, value.code);
  auto detail = value.detail.substr(0, error_detail_max_bytes);
  field(archive, detail);
  if constexpr (!Archive::is_saving::value)
    value.detail = std::move(detail);
}

template <class Archive, class A, class B>
void field(Archive& archive, std::pair<A, B>& value);
template <class Archive, class T>
void field(Archive& archive, std::optional<T>& value);
template <class Archive, class T>
void field(Archive& archive, std::vector<T>& list);

template <class Archive, class A, class B>
void field(Archive& archive, std::pair<A, B>& value) {
  field(archive, value.first);
  field(archive, value.second);
}

template <class Archive, class T>
void field(Archive& archive, std::optional<T>& value) {
  auto present = value.has_value();
  field(archive, present);
  if constexpr (!Archive::is_saving::value) {
    if (present)
      value.emplace();
    else
      value.reset();
  }
  if (present)
    field(archive, *value);
}

template <class Archive, class T>
void field(Archive& archive, std::vector<T>& list) {
  auto size = length_field(archive, Archive::is_saving::value ? list.size() : 0, list_max_length);
  if constexpr (Archive::is_saving::value) {
    for (auto& element : list)
      field(archive, element);
  } else {
    list.clear();
    for (std::uint32_t i = 0; i < size; ++i)
      field(archive, list.emplace_back());
  }
}

/// Boost leaves it to us to refuse a class version that is newer than ours.
template <class Class>
void check_class_version(unsigned version) {
  if (version == 0)
    throw refused_archive{errc::malformed};
  if (version > boost::serialization::version<Class>::value)
    throw refused_archive{errc::wrong_format};
}

/// The fields of a whole class.
template <class Class, class Archive, class... Ts>
void fields(Archive& archive, unsigned version, Ts&... values) {
  check_class_version<Class>(version);
  (field(archive, values), ...);
}

} // namespace troupe::metadata

// Strong types are written as the bare number: they have no version of their own.
namespace boost::serialization {

template <class Tag, class Rep>
struct implementation_level<troupe::named<Tag, Rep>> : mpl::int_<object_serializable> {
  using type = mpl::int_<object_serializable>;
  using tag = mpl::integral_c_tag;
};
template <class Tag, class Rep>
struct tracking_level<troupe::named<Tag, Rep>> : mpl::int_<track_never> {
  using type = mpl::int_<track_never>;
  using tag = mpl::integral_c_tag;
};

} // namespace boost::serialization

BOOST_CLASS_IMPLEMENTATION(troupe::topic_id, boost::serialization::object_serializable)
BOOST_CLASS_TRACKING(troupe::topic_id, boost::serialization::track_never)

/// A class whose fields are preceded, once in each archive, by the version that wrote them.
#define TROUPE_ARCHIVED_CLASS(type, number)                                                                  \
  BOOST_CLASS_VERSION(troupe::metadata::type, number)                                                        \
  BOOST_CLASS_TRACKING(troupe::metadata::type, boost::serialization::track_never)
