// What stands before a producer's mailbox, which has no bound of its own: a message gets in only if there is memory for
// its records. Senders call it in their own threads, before the message is in the mailbox.
#pragma once

#include "actors/client/credit_ledger.hpp"
#include "actors/client/producer.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace troupe::client {

/// INTERNAL: what was let in, and which memory it takes.
struct admitted_records {
  send_records what{};
  sender_key from = no_sender;
  account paid_from = account::open;
  std::uint64_t ticket = 0; ///< see send_gate::took
};

class send_gate : public std::enable_shared_from_this<send_gate> {
public:
  /// Records that were refused, by the ids of their sender.
  struct refused_run {
    std::uint64_t first_id;
    std::uint32_t count;
  };
  struct refusals {
    delivery_listener to{};
    std::vector<refused_run> runs{};
    std::uint64_t unnamed = 0; ///< records beyond refused_runs_max
  };

  /// What was let in and nobody will take any more.
  struct stranded {
    delivery_listener to{};
    std::vector<refused_run> runs{};
  };

  static constexpr std::size_t refused_runs_max = 1024; ///< of one sender
  static constexpr std::size_t unread_reports_max = 1024; ///< of one sender
  /// What a message takes in a mailbox, beside its records.
  static constexpr std::size_t message_frame_bytes = 512;

  /// `patience`: how long a sender waits at the most; 0: not at all.
  send_gate(std::size_t memory_bytes, std::chrono::milliseconds patience);

  // --- in a sender's thread ---

  struct verdict {
    std::optional<admitted_records> admitted{}; ///< nothing: refused
    bool wakes_producer = false;                ///< it has to be told that there are refusals
    bool is_closed = false;                     ///< the producer tells the sender nothing any more
  };
  /// Moves the records out of `message` if they are let in. `sender`: what runs the actor that sends; null: a thread of
  /// its own.
  verdict admit(send_records& message, caf::execution_unit* sender = nullptr);
  bool is_closed() const noexcept { return is_closed_; }

  // --- in the producer's ---

  void join(sender_key sender);
  void leave(sender_key sender);
  /// The message is no longer in the mailbox.
  void took(const admitted_records& message);
  void give_back(sender_key from, account to, std::size_t cost_bytes);
  std::vector<std::pair<sender_key, std::size_t>> take_grants();

  /// Those of senders that read what they are sent.
  std::vector<refusals> take_refusals();
  bool has_refusals() const noexcept { return has_refusals_; }
  /// False: too many reports wait in its mailbox.
  bool reads(sender_key sender) const;
  /// A report goes out now, with so much credit. It must hold what this returns.
  std::shared_ptr<const void> report_goes_out(sender_key to, std::size_t credit_bytes);

  struct leftovers {
    std::vector<refusals> refused{};
    std::vector<stranded> not_taken{};
  };
  /// Nobody waits or gets in any more. Returns what the senders have to be told.
  leftovers close();

private:
  struct sender {
    refusals refused;
    std::size_t unread = 0; ///< reports
  };

  /// What is in the mailbox, by tickets; only what is to be reported.
  struct entry {
    delivery_listener to;
    refused_run run;
  };

  std::optional<account> wait_to_pay(std::unique_lock<std::mutex>& lock, sender_key from, std::size_t cost_bytes,
                                     caf::execution_unit* sender);
  std::optional<account> pay(sender_key from, std::size_t cost_bytes);
  void refuse(sender_key from, const send_records& message);
  void was_read(sender_key by);
  void freed();

  const std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  credit_ledger ledger_;
  std::map<sender_key, sender> senders_;
  std::map<std::uint64_t, entry> inside_;
  std::uint64_t next_ticket_ = 1;
  std::size_t waiting_ = 0; ///< threads
  bool is_stuck_ = false;   ///< somebody waited in vain, and nothing was freed since
  std::atomic<bool> has_refusals_ = false;
  std::atomic<bool> is_closed_ = false;
};

} // namespace troupe::client

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::client::admitted_records)
