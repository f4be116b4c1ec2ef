// Idempotent producers that were told to send a batch again later. What they had sent behind it comes out of sequence until
// they do: it is to be refused in the same way, as something to be tried again, and not as a gap, which ends some producers
// (librdkafka before 2.3). A producer of whom nothing else is known must not begin behind the refused batch at all.
// Pure; of one leadership.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/base/types.hpp"

#include <cstdint>
#include <map>

namespace troupe::replication {

/// Of two sequences near to each other: they count up to 2^31 - 1 and begin at 0 again.
constexpr bool comes_before(std::int32_t one, std::int32_t other) noexcept {
  auto ahead = (static_cast<std::uint32_t>(other) - static_cast<std::uint32_t>(one)) & 0x7fffffffu;
  return ahead != 0 && ahead < 0x40000000u;
}

struct producer_batch {
  producer_id producer;
  producer_epoch epoch;
  std::int32_t base_sequence = -1; ///< below 0: none, and nothing is noted
};

class refused_producers {
public:
  /// More are not noted: they are answered as if they had sent a gap.
  static constexpr std::size_t most = 1000;
  /// Who has not sent it again by then never will: Kafka's delivery.timeout.ms.
  static constexpr std::int64_t remembered_ms = 120'000;

  bool empty() const noexcept { return noted_.empty(); }
  /// The batch could have been appended, and was refused with `why`.
  void refused(const producer_batch& batch, errc why, std::int64_t now_ms);
  /// What the batch is to be refused with because an earlier one of its producer was; none: nothing of the kind.
  errc reason_for(const producer_batch& batch, std::int64_t now_ms) const;
  /// The batch was appended, or had been.
  void taken(const producer_batch& batch);

private:
  struct note {
    producer_epoch epoch;
    std::int32_t base_sequence;
    errc why;
    std::int64_t at_ms;
  };

  std::map<producer_id, note> noted_;
};

} // namespace troupe::replication
