#include "runtime/metadata/image.hpp"

#include "runtime/base/check.hpp"
#include "runtime/metadata/framing.hpp"

#include <algorithm>
#include <set>

namespace troupe::metadata {

namespace {

/// Names that differ only in '.' and '_' have the same one.
std::string lookalike_key(std::string_view name) {
  std::string key{name};
  std::replace(key.begin(), key.end(), '.', '_');
  return key;
}

tl::unexpected<error> contradiction(const char* what, std::string_view name) {
  return fail(errc::corrupt, std::string{"metadata log: "} + what + " " + std::string{name});
}

template <class Record>
partition state_in(const Record& r) {
  return {r.replicas,       r.isr,    r.leader,  r.leader_epoch, r.partition_epoch, r.elr,
          r.last_known_elr, r.adding, r.removing};
}

} // namespace

const endpoint* broker::find_endpoint(std::string_view listener) const {
  auto found =
      std::find_if(endpoints.begin(), endpoints.end(), [&](auto& e) { return e.listener == listener; });
  return found == endpoints.end() ? nullptr : &*found;
}

const partition* topic::find_partition(partition_id partition) const {
  auto index = static_cast<std::size_t>(partition.value());
  return partition.value() >= 0 && index < partitions.size() ? &partitions[index] : nullptr;
}

image_ptr metadata_image::empty() {
  static const image_ptr nothing = std::make_shared<const metadata_image>();
  return nothing;
}

const topic* metadata_image::find_topic(std::string_view name) const {
  auto* found = by_name_.find(name);
  return found ? found->get() : nullptr;
}

const topic* metadata_image::find_topic(const topic_id& id) const {
  auto* found = topics_.find(id);
  return found ? found->get() : nullptr;
}

topic_ptr metadata_image::share_topic(const topic_id& id) const {
  auto* found = topics_.find(id);
  return found ? *found : nullptr;
}

const partition* metadata_image::find_partition(const topic_partition& tp) const {
  auto* t = find_topic(tp.topic);
  return t ? t->find_partition(tp.partition) : nullptr;
}

const topic* metadata_image::find_lookalike(std::string_view name) const {
  auto* id = lookalikes_.find(lookalike_key(name));
  return id ? find_topic(*id) : nullptr;
}

const broker* metadata_image::find_broker(node_id id) const {
  auto* found = brokers_.find(id);
  return found ? found->get() : nullptr;
}

const config_overrides& metadata_image::broker_configs(node_id id) const {
  static const config_overrides none;
  auto found = broker_configs_.find(id);
  return found == broker_configs_.end() ? none : found->second;
}

bool operator==(const metadata_image& a, const metadata_image& b) {
  if (a.version_ != b.version_ || a.cluster_id_ != b.cluster_id_ || a.next_producer_id_ != b.next_producer_id_
      || a.last_broker_epoch_ != b.last_broker_epoch_ || a.features_ != b.features_
      || a.broker_configs_ != b.broker_configs_ || a.topics_.size() != b.topics_.size()
      || a.brokers_.size() != b.brokers_.size() || a.partition_count_ != b.partition_count_)
    return false;
  auto same = true;
  a.for_each_topic([&](const topic& t) {
    auto* by_id = b.find_topic(t.id);
    auto* by_name = b.find_topic(t.name);
    same = same && by_id && by_name && *by_id == t && by_id == by_name;
  });
  a.for_each_broker([&](const broker& one) {
    auto* other = b.find_broker(one.node);
    same = same && other && *other == one;
  });
  return same;
}

/// Applies one batch. Topics that change are copied once for the whole batch: the copies are in the new image
/// already, but nobody else has seen it yet.
class image_builder {
public:
  image_builder(const metadata_image& from, metadata_version version)
      : image_(std::make_shared<metadata_image>(from)), brokers_(image_->brokers_), topics_(image_->topics_),
        by_name_(image_->by_name_), lookalikes_(image_->lookalikes_) {
    delta_.from = from.version_;
    delta_.to = version;
    image_->version_ = version;
  }

  result<void> on(const cluster_record& r) {
    if (!image_->cluster_id_.empty() && image_->cluster_id_ != r.cluster_id)
      return contradiction("another cluster's id", r.cluster_id);
    image_->cluster_id_ = r.cluster_id;
    delta_.cluster = true;
    return {};
  }

  result<void> on(const feature_level_record& r) {
    image_->features_[r.feature] = r.level;
    delta_.cluster = true;
    return {};
  }

  result<void> on(const register_broker_record& r) {
    auto* known = image_->find_broker(r.node);
    if (known && known->epoch >= r.epoch)
      return contradiction("an old registration of broker", std::to_string(r.node.value()));
    image_->last_broker_epoch_ = std::max(image_->last_broker_epoch_, r.epoch);
    put_broker({r.node, r.incarnation, r.epoch, r.endpoints, r.rack, r.fenced});
    return {};
  }

  result<void> on(const fence_broker_record& r) {
    return change_broker(r.node, r.epoch, [](broker& b) { b.fenced = true; });
  }
  result<void> on(const unfence_broker_record& r) {
    return change_broker(r.node, r.epoch, [](broker& b) { b.fenced = false; });
  }
  result<void> on(const shut_down_broker_record& r) {
    return change_broker(r.node, r.epoch, [](broker& b) { b.shutting_down = true; });
  }

  result<void> on(const unregister_broker_record& r) {
    auto* known = image_->find_broker(r.node);
    if (!known || known->epoch != r.epoch)
      return contradiction("an unknown broker or epoch is forgotten,", std::to_string(r.node.value()));
    changed_brokers_.insert(r.node);
    brokers_.erase(r.node);
    return {};
  }

  result<void> on(const broker_epoch_record& r) {
    image_->last_broker_epoch_ = std::max(image_->last_broker_epoch_, r.last);
    return {};
  }

  result<void> on(const topic_record& r) {
    if (r.id.is_zero() || image_->find_topic(r.id) || image_->find_topic(r.name))
      return contradiction("a topic that exists already,", r.name);
    auto fresh = std::make_shared<topic>();
    fresh->name = r.name;
    fresh->id = r.id;
    adopt(fresh);
    lookalikes_.set(lookalike_key(r.name), r.id);
    changes_[r.id].created = true;
    return {};
  }

  result<void> on(const partition_record& r) {
    auto t = edit(r.topic);
    if (!t)
      return contradiction("a partition of no topic,", r.topic.to_string());
    if (r.partition.value() != static_cast<std::int32_t>(t->partitions.size()))
      return contradiction("a gap in the partitions of", t->name);
    t->partitions.push_back(state_in(r));
    ++image_->partition_count_;
    changes_[r.topic].partitions.insert(r.partition);
    return {};
  }

  result<void> on(const partition_change_record& r) {
    auto* known = image_->find_partition({r.topic, r.partition});
    if (!known)
      return contradiction("a change of no partition,", topic_partition{r.topic, r.partition}.to_string());
    if (r.leader_epoch < known->leader_epoch || r.partition_epoch <= known->partition_epoch)
      return contradiction("an epoch that goes back in", topic_partition{r.topic, r.partition}.to_string());
    edit(r.topic)->partitions[static_cast<std::size_t>(r.partition.value())] = state_in(r);
    changes_[r.topic].partitions.insert(r.partition);
    return {};
  }

  result<void> on(const remove_topic_record& r) {
    auto gone = image_->share_topic(r.topic);
    if (!gone)
      return contradiction("the removal of no topic,", r.topic.to_string());
    topics_.erase(gone->id);
    by_name_.erase(gone->name);
    lookalikes_.erase(lookalike_key(gone->name));
    image_->partition_count_ -= gone->partitions.size();
    if (!changes_[r.topic].created)
      removed_[r.topic] = gone;
    changes_.erase(r.topic);
    drafts_.erase(r.topic);
    return {};
  }

  result<void> on(const topic_config_record& r) {
    auto t = edit(r.topic);
    if (!t)
      return contradiction("an option of no topic,", r.topic.to_string());
    if (r.value)
      t->configs.insert_or_assign(r.key, *r.value);
    else
      t->configs.erase(r.key);
    changes_[r.topic].configs = true;
    return {};
  }

  result<void> on(const producer_ids_record& r) {
    if (r.next < image_->next_producer_id_)
      return contradiction("producer ids that go back to", std::to_string(r.next.value()));
    image_->next_producer_id_ = r.next;
    return {};
  }

  result<void> on(const broker_config_record& r) {
    auto& configs = image_->broker_configs_[r.node];
    if (r.value)
      configs.insert_or_assign(r.key, *r.value);
    else
      configs.erase(r.key);
    if (configs.empty())
      image_->broker_configs_.erase(r.node);
    delta_.broker_configs = true;
    return {};
  }

  applied finish() && {
    for (auto& [id, c] : changes_)
      delta_.topics.push_back({id, c.created, c.configs, {c.partitions.begin(), c.partitions.end()}});
    for (auto& [id, t] : removed_)
      delta_.removed_topics.push_back(t);
    delta_.brokers.assign(changed_brokers_.begin(), changed_brokers_.end());
    return {std::move(image_), std::move(delta_)};
  }

private:
  struct change {
    bool created = false;
    bool configs = false;
    std::set<partition_id> partitions;
  };

  void adopt(const std::shared_ptr<topic>& t) {
    drafts_[t->id] = t;
    topics_.set(t->id, t);
    by_name_.set(t->name, t);
  }

  std::shared_ptr<topic> edit(const topic_id& id) {
    if (auto draft = drafts_.find(id); draft != drafts_.end())
      return draft->second;
    auto* known = image_->find_topic(id);
    if (!known)
      return nullptr;
    auto copy = std::make_shared<topic>(*known);
    adopt(copy);
    return copy;
  }

  void put_broker(broker b) {
    changed_brokers_.insert(b.node);
    auto node = b.node;
    brokers_.set(node, std::make_shared<const broker>(std::move(b)));
  }

  template <class F>
  result<void> change_broker(node_id node, broker_epoch epoch, F&& change) {
    auto* known = image_->find_broker(node);
    if (!known || known->epoch != epoch)
      return contradiction("a change of an unknown broker or epoch,", std::to_string(node.value()));
    auto changed = *known;
    change(changed);
    put_broker(std::move(changed));
    return {};
  }

  std::shared_ptr<metadata_image> image_;
  persistent_map<node_id, broker_ptr>::editor brokers_;
  persistent_map<topic_id, topic_ptr>::editor topics_;
  persistent_map<std::string, topic_ptr>::editor by_name_;
  persistent_map<std::string, topic_id>::editor lookalikes_;
  metadata_delta delta_;
  std::map<topic_id, std::shared_ptr<topic>> drafts_;
  std::map<topic_id, change> changes_;
  std::map<topic_id, topic_ptr> removed_;
  std::set<node_id> changed_brokers_;
};

result<applied> apply(const image_ptr& image, std::span<const record> records, metadata_version version) {
  image_builder builder{*image, version};
  for (const auto& r : records) {
    auto done = std::visit([&builder](const auto& concrete) { return builder.on(concrete); }, r);
    if (!done)
      return fail(std::move(done));
  }
  return std::move(builder).finish();
}

bytes encode_snapshot(const metadata_image& image) {
  std::vector<record> records;
  if (!image.cluster_id().empty())
    records.push_back(cluster_record{image.cluster_id()});
  for (auto& [feature, level] : image.features())
    records.push_back(feature_level_record{feature, level});
  broker_epoch largest{0};
  image.for_each_broker([&](const broker& b) {
    records.push_back(register_broker_record{b.node, b.incarnation, b.epoch, b.endpoints, b.rack, b.fenced});
    if (b.shutting_down)
      records.push_back(shut_down_broker_record{b.node, b.epoch});
    largest = std::max(largest, b.epoch);
  });
  if (image.last_broker_epoch() > largest)
    records.push_back(broker_epoch_record{image.last_broker_epoch()});
  image.for_each_broker_config([&](node_id node, const config_overrides& configs) {
    for (auto& [key, value] : configs)
      records.push_back(broker_config_record{node, key, value});
  });
  image.for_each_topic([&](const topic& t) {
    records.push_back(topic_record{t.name, t.id});
    partition_id next{0};
    for (auto& p : t.partitions) {
      records.push_back(partition_record{t.id, next, p.replicas, p.isr, p.leader, p.leader_epoch,
                                         p.partition_epoch, p.elr, p.last_known_elr, p.adding, p.removing});
      ++next;
    }
    for (auto& [key, value] : t.configs)
      records.push_back(topic_config_record{t.id, key, value});
  });
  if (image.next_producer_id().value() > 0)
    records.push_back(producer_ids_record{image.next_producer_id()});
  return encode_frame(frame_kind::snapshot, image.version(), records);
}

result<image_ptr> decode_snapshot(std::string_view data) {
  auto frame = decode_frame(frame_kind::snapshot, data);
  if (!frame)
    return fail(std::move(frame));
  auto built = apply(metadata_image::empty(), frame->records, frame->version);
  if (!built)
    return fail(std::move(built));
  return built->image;
}

} // namespace troupe::metadata
