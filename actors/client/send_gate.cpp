#include "actors/client/send_gate.hpp"

#include "actors/client/wait_permit.hpp"
#include "actors/scheduler/blocking_section.hpp"

#include <limits>

namespace troupe::client {

namespace {

/// True if the records are those that follow the run, and now belong to it.
bool joins(send_gate::refused_run& run, const send_gate::refused_run& more) {
  if (run.first_id + run.count != more.first_id || run.count > std::numeric_limits<std::uint32_t>::max() - more.count)
    return false;
  run.count += more.count;
  return true;
}

} // namespace

send_gate::send_gate(std::size_t memory_bytes, std::chrono::milliseconds patience)
    : patience_(patience), ledger_(memory_bytes) {}

// --- in a sender's thread ---

send_gate::verdict send_gate::admit(send_records& message, caf::execution_unit* sender) {
  if (message.records.empty())
    return {};
  auto from = message.reply_to ? sender_key{message.reply_to->id()} : no_sender;
  std::size_t cost = 0;
  for (auto& record : message.records)
    cost += credit_cost_bytes(record);
  std::unique_lock lock{mutex_};
  if (is_closed_)
    return {{}, false, true};
  auto paid = pay(from, cost);
  if (!paid && patience_.count() > 0 && !is_stuck_)
    paid = wait_to_pay(lock, from, cost, sender);
  if (is_closed_)
    return {{}, false, true};
  if (paid) {
    auto ticket = next_ticket_++;
    if (from != no_sender)
      inside_.emplace_hint(inside_.end(), ticket,
                           entry{message.reply_to, {message.first_id, static_cast<std::uint32_t>(message.records.size())}});
    return {admitted_records{std::move(message), from, *paid, ticket}};
  }
  if (from == no_sender)
    return {};
  refuse(from, message);
  return {{}, !has_refusals_.exchange(true)};
}

std::optional<account> send_gate::wait_to_pay(std::unique_lock<std::mutex>& lock, sender_key from,
                                              std::size_t cost_bytes, caf::execution_unit* sender) {
  wait_permit permit{sender};
  if (!permit)
    return std::nullopt;
  blocking_section section{sender}; // where threads stand by, one of them works meanwhile
  std::optional<account> paid;
  ++waiting_;
  is_stuck_ = !changed_.wait_for(lock, patience_, [&] { return is_closed_ || (paid = pay(from, cost_bytes)); });
  --waiting_;
  return paid;
}

std::optional<account> send_gate::pay(sender_key from, std::size_t cost_bytes) {
  if (ledger_.take_credit(from, cost_bytes))
    return account::credit;
  if (auto found = senders_.find(from); found != senders_.end() && found->second.unread >= unread_reports_max)
    return std::nullopt;
  return ledger_.take_open(cost_bytes + message_frame_bytes) ? std::optional{account::open} : std::nullopt;
}

void send_gate::refuse(sender_key from, const send_records& message) {
  auto& refused = senders_[from].refused;
  if (!refused.to)
    refused.to = message.reply_to;
  refused_run run{message.first_id, static_cast<std::uint32_t>(message.records.size())};
  if (!refused.runs.empty() && joins(refused.runs.back(), run))
    return;
  if (refused.runs.size() < refused_runs_max)
    refused.runs.push_back(run);
  else
    refused.unnamed += run.count;
}

// --- in the producer's ---

void send_gate::freed() {
  is_stuck_ = false;
  if (waiting_ > 0)
    changed_.notify_all();
}

void send_gate::join(sender_key sender) {
  std::lock_guard lock{mutex_};
  ledger_.join(sender);
}

void send_gate::leave(sender_key sender) {
  std::lock_guard lock{mutex_};
  ledger_.leave(sender);
}

void send_gate::took(const admitted_records& message) {
  std::lock_guard lock{mutex_};
  inside_.erase(message.ticket);
  if (message.paid_from != account::open)
    return;
  ledger_.give_back(no_sender, account::open, message_frame_bytes);
  freed();
}

void send_gate::give_back(sender_key from, account to, std::size_t cost_bytes) {
  std::lock_guard lock{mutex_};
  ledger_.give_back(from, to, cost_bytes);
  freed();
}

std::vector<std::pair<sender_key, std::size_t>> send_gate::take_grants() {
  std::lock_guard lock{mutex_};
  return ledger_.take_grants();
}

std::vector<send_gate::refusals> send_gate::take_refusals() {
  std::vector<refusals> taken;
  if (!has_refusals_)
    return taken;
  std::lock_guard lock{mutex_};
  bool some_stay = false;
  for (auto& [key, sender] : senders_) {
    if (!sender.refused.to)
      continue;
    if (sender.unread < unread_reports_max)
      taken.push_back(std::exchange(sender.refused, {}));
    else
      some_stay = true;
  }
  // A sender without unread reports is forgotten when its next one has been read.
  has_refusals_ = some_stay;
  return taken;
}

bool send_gate::reads(sender_key sender) const {
  std::lock_guard lock{mutex_};
  auto found = senders_.find(sender);
  return found == senders_.end() || found->second.unread < unread_reports_max;
}

std::shared_ptr<const void> send_gate::report_goes_out(sender_key to, std::size_t credit_bytes) {
  std::lock_guard lock{mutex_};
  ledger_.announced(to, credit_bytes);
  ++senders_[to].unread;
  return {nullptr, [gate = shared_from_this(), to](const void*) { gate->was_read(to); }};
}

void send_gate::was_read(sender_key by) {
  std::lock_guard lock{mutex_};
  auto found = senders_.find(by);
  if (found == senders_.end())
    return;
  if (--found->second.unread == 0 && !found->second.refused.to)
    senders_.erase(found);
  freed();
}

send_gate::leftovers send_gate::close() {
  std::lock_guard lock{mutex_};
  is_closed_ = true;
  changed_.notify_all();
  leftovers left;
  for (auto& [key, sender] : senders_)
    if (sender.refused.to)
      left.refused.push_back(std::exchange(sender.refused, {}));
  for (auto& [ticket, message] : std::exchange(inside_, {})) {
    auto& last = left.not_taken;
    if (last.empty() || last.back().to != message.to)
      last.push_back({message.to, {}});
    auto& runs = last.back().runs;
    if (runs.empty() || !joins(runs.back(), message.run))
      runs.push_back(message.run);
  }
  return left;
}

} // namespace troupe::client
