#include "actors/node/node_watch.hpp"

#include "runtime/metrics/process.hpp"

namespace troupe {

namespace {

void collect_node(const admin::admin_environment& watch, metrics::sink& to) {
  if (to.family("troupe_node_info", metrics::family_kind::gauge, "Always 1; its labels say which node this is."))
    to.sample({{"node", std::to_string(watch.self.value())}, {"version", watch.version}, {"cluster", watch.cluster_id}}, 1);
  to.gauge("troupe_ready", "Whether clients are served.", watch.phase->load() == admin::node_phase::ready ? 1 : 0);
}

void collect_supervision(const supervision_log& log, metrics::sink& to) {
  auto totals = log.count();
  to.gauge("troupe_actors_waiting_for_restart", "Actors that failed and are not back yet.",
           static_cast<double>(totals.waiting));
  if (to.family("troupe_actor_restarts_total", metrics::family_kind::counter, "Actors that failed and were started anew."))
    for (auto& [who, restarts] : log.restarts_by_kind())
      to.sample({{"supervisor", who.first}, {"actor", who.second}}, static_cast<double>(restarts));
}

} // namespace

void watch_node(const node_parts& parts, std::shared_ptr<kafka::kafka_metrics> kafka,
                std::shared_ptr<const kafka::byte_budget> budget) {
  auto& registry = *parts.watch.registry;
  auto watch = parts.watch;
  watch.registry = nullptr; // which keeps this alive, and not the other way round
  registry.add([watch = std::move(watch)](metrics::sink& to) {
    collect_node(watch, to);
    collect_supervision(*watch.supervision, to);
    watch.partitions->collect_topics(to);
  });
  registry.add([kafka = std::move(kafka), budget = std::move(budget)](metrics::sink& to) { kafka->collect(*budget, to); });
  registry.add([storage = parts.storage_metrics, cache = parts.cache](metrics::sink& to) { storage->collect(*cache, to); });
  registry.add(metrics::collect_process);
}

} // namespace troupe
