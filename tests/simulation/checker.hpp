// One property that must hold. A checker is shown every event; what it finds wrong ends the run.
#pragma once

#include "tests/simulation/events.hpp"
#include "tests/simulation/history.hpp"
#include "tests/simulation/ledger.hpp"

#include <memory>
#include <vector>

namespace troupe::simulation {

class checker {
public:
  checker(const ledger& known, history& report) : known_(known), report_(report) {}
  virtual ~checker() = default;

  virtual void on(const batch_acknowledged&) {}
  virtual void on(const records_read&) {}
  virtual void on(const offset_found&) {}
  virtual void on(const records_deleted&) {}
  virtual void on(const partition_drained&) {}
  virtual void on(const topics_listed&) {}
  virtual void on(const producer_id_given&) {}
  virtual void node_restarts() {}

protected:
  void wrong(const std::string& why) { report_.fail(outcome::correctness, why); }

  const ledger& known_;

private:
  history& report_;
};

using checker_ptr = std::unique_ptr<checker>;

checker_ptr make_loss_checker(const ledger& known, history& report);
checker_ptr make_skip_checker(const ledger& known, history& report);
checker_ptr make_damage_checker(const ledger& known, history& report);
checker_ptr make_duplicate_checker(const ledger& known, history& report);
checker_ptr make_order_checker(const ledger& known, history& report);
checker_ptr make_content_checker(const ledger& known, history& report);
checker_ptr make_offset_checker(const ledger& known, history& report);
checker_ptr make_watermark_checker(const ledger& known, history& report);
checker_ptr make_log_start_checker(const ledger& known, history& report);
checker_ptr make_time_checker(const ledger& known, history& report);
checker_ptr make_topic_checker(const ledger& known, history& report);
checker_ptr make_producer_id_checker(const ledger& known, history& report);

/// Shows events to all checkers, then writes them into the ledger.
class judge {
public:
  judge(ledger& known, history& report);

  void on(const batch_acknowledged& event);
  void on(const records_read& event);
  void on(const offset_found& event);
  void on(const records_deleted& event);
  void on(const partition_drained& event);
  void on(const topics_listed& event);
  void on(const producer_id_given& event);
  void node_restarts();

private:
  template <class Event>
  void show(const Event& event) {
    for (auto& one : checkers_)
      one->on(event);
  }

  ledger& known_;
  std::vector<checker_ptr> checkers_;
};

} // namespace troupe::simulation
