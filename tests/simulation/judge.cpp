#include "tests/simulation/checker.hpp"

#include <algorithm>

namespace troupe::simulation {

namespace {

void learn(partition_facts& facts, const std::vector<read_record>& records) {
  for (auto& record : records)
    if (record.number)
      facts.at.emplace(record.offset, *record.number);
}

} // namespace

judge::judge(ledger& known, history& report) : known_(known) {
  for (auto make : {make_loss_checker, make_skip_checker, make_damage_checker, make_duplicate_checker, make_order_checker, make_content_checker,
                    make_offset_checker, make_watermark_checker, make_log_start_checker, make_time_checker,
                    make_topic_checker, make_producer_id_checker})
    checkers_.push_back(make(known, report));
}

void judge::on(const batch_acknowledged& event) {
  show(event);
  if (event.base < 0)
    return;
  auto& facts = known_.facts(event.where);
  auto offset = event.base;
  for (auto number : event.records)
    facts.at.emplace(offset++, number);
  facts.acknowledged_end = std::max(facts.acknowledged_end, offset);
}

void judge::on(const records_read& event) {
  show(event);
  auto& facts = known_.facts(event.where);
  learn(facts, event.records);
  facts.high_watermark = std::max(facts.high_watermark, event.high_watermark);
  facts.log_start = std::max(facts.log_start, event.log_start);
}

void judge::on(const offset_found& event) {
  show(event);
  auto& facts = known_.facts(event.where);
  if (event.asked == -1)
    facts.high_watermark = std::max(facts.high_watermark, event.offset);
  if (event.asked == -2)
    facts.log_start = std::max(facts.log_start, event.offset);
}

void judge::on(const records_deleted& event) {
  show(event);
  auto& facts = known_.facts(event.where);
  facts.log_start = std::max(facts.log_start, event.low_watermark);
  facts.high_watermark = std::max(facts.high_watermark, event.low_watermark);
}

void judge::on(const partition_drained& event) { show(event); }

void judge::on(const topics_listed& event) { show(event); }

void judge::on(const producer_id_given& event) { show(event); }

void judge::node_restarts() {
  for (auto& one : checkers_)
    one->node_restarts();
}

} // namespace troupe::simulation
