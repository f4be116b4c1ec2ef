// How each record goes through Boost.Serialization. To change a record: raise its version at the end of this
// file, and read the older versions as well. Only records.cpp includes this.
//
// Loading trusts nothing: a text or a list is bounded before memory is taken for it, and a list grows as its
// elements arrive.
#pragma once

#include "runtime/base/check.hpp"
#include "runtime/metadata/records.hpp"

#include <boost/serialization/level.hpp>
#include <boost/serialization/split_free.hpp>
#include <boost/serialization/tracking.hpp>
#include <boost/serialization/version.hpp>

namespace troupe::metadata {

constexpr std::uint32_t text_max_bytes = 65'535;
constexpr std::uint32_t list_max_length = 65'535;

/// Thrown while loading; never leaves records.cpp.
struct refused_archive {
  errc why;
};

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
void field(Archive& archive, std::string& text) {
  auto size = static_cast<std::uint32_t>(text.size());
  if constexpr (Archive::is_saving::value)
    CHECK(text.size() <= text_max_bytes, "the controller bounds what it writes");
  archive& size;
  if (size > text_max_bytes)
    throw refused_archive{errc::malformed};
  text.resize(size);
  if constexpr (Archive::is_saving::value)
    archive.save_binary(text.data(), size);
  else
    archive.load_binary(text.data(), size);
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
  auto size = static_cast<std::uint32_t>(list.size());
  if constexpr (Archive::is_saving::value)
    CHECK(list.size() <= list_max_length, "the controller bounds what it writes");
  archive& size;
  if (size > list_max_length)
    throw refused_archive{errc::malformed};
  if constexpr (Archive::is_saving::value) {
    for (auto& element : list)
      field(archive, element);
  } else {
    list.clear();
    for (std::uint32_t i = 0; i < size; ++i)
      field(archive, list.emplace_back());
  }
}

/// The fields of a whole record. Boost leaves it to us to refuse a version that is newer than ours.
template <class Record, class Archive, class... Ts>
void fields(Archive& archive, unsigned version, Ts&... values) {
  if (version == 0)
    throw refused_archive{errc::malformed};
  if (version > boost::serialization::version<Record>::value)
    throw refused_archive{errc::wrong_format};
  (field(archive, values), ...);
}

template <class Archive>
void serialize(Archive& archive, endpoint& r, unsigned version) {
  fields<endpoint>(archive, version, r.listener, r.host, r.port);
}

template <class Archive>
void serialize(Archive& archive, cluster_record& r, unsigned version) {
  fields<cluster_record>(archive, version, r.cluster_id);
}

template <class Archive>
void serialize(Archive& archive, feature_level_record& r, unsigned version) {
  fields<feature_level_record>(archive, version, r.feature, r.level);
}

template <class Archive>
void serialize(Archive& archive, register_broker_record& r, unsigned version) {
  fields<register_broker_record>(archive, version, r.node, r.incarnation, r.epoch, r.endpoints, r.rack,
                                 r.fenced);
}

template <class Archive>
void serialize(Archive& archive, fence_broker_record& r, unsigned version) {
  fields<fence_broker_record>(archive, version, r.node, r.epoch);
}

template <class Archive>
void serialize(Archive& archive, unfence_broker_record& r, unsigned version) {
  fields<unfence_broker_record>(archive, version, r.node, r.epoch);
}

template <class Archive>
void serialize(Archive& archive, topic_record& r, unsigned version) {
  fields<topic_record>(archive, version, r.name, r.id);
}

template <class Archive>
void serialize(Archive& archive, partition_record& r, unsigned version) {
  fields<partition_record>(archive, version, r.topic, r.partition, r.replicas, r.isr, r.leader,
                           r.leader_epoch, r.partition_epoch);
}

template <class Archive>
void serialize(Archive& archive, partition_change_record& r, unsigned version) {
  fields<partition_change_record>(archive, version, r.topic, r.partition, r.replicas, r.isr, r.leader,
                                  r.leader_epoch, r.partition_epoch);
}

template <class Archive>
void serialize(Archive& archive, remove_topic_record& r, unsigned version) {
  fields<remove_topic_record>(archive, version, r.topic);
}

template <class Archive>
void serialize(Archive& archive, topic_config_record& r, unsigned version) {
  fields<topic_config_record>(archive, version, r.topic, r.key, r.value);
}

template <class Archive>
void serialize(Archive& archive, producer_ids_record& r, unsigned version) {
  fields<producer_ids_record>(archive, version, r.next);
}

template <class Archive>
void serialize(Archive& archive, broker_config_record& r, unsigned version) {
  fields<broker_config_record>(archive, version, r.node, r.key, r.value);
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

#define TROUPE_RECORD_VERSION(type, number)                                                                  \
  BOOST_CLASS_VERSION(troupe::metadata::type, number)                                                        \
  BOOST_CLASS_TRACKING(troupe::metadata::type, boost::serialization::track_never)

TROUPE_RECORD_VERSION(endpoint, 1)
TROUPE_RECORD_VERSION(cluster_record, 1)
TROUPE_RECORD_VERSION(feature_level_record, 1)
TROUPE_RECORD_VERSION(register_broker_record, 1)
TROUPE_RECORD_VERSION(fence_broker_record, 1)
TROUPE_RECORD_VERSION(unfence_broker_record, 1)
TROUPE_RECORD_VERSION(topic_record, 1)
TROUPE_RECORD_VERSION(partition_record, 1)
TROUPE_RECORD_VERSION(partition_change_record, 1)
TROUPE_RECORD_VERSION(remove_topic_record, 1)
TROUPE_RECORD_VERSION(topic_config_record, 1)
TROUPE_RECORD_VERSION(producer_ids_record, 1)
TROUPE_RECORD_VERSION(broker_config_record, 1)
