// Answers to Fetch as events.
#pragma once

#include "runtime/wire/fetch.hpp"
#include "tests/simulation/events.hpp"

namespace troupe::simulation {

/// The records of a partition's part of an answer; fills `records` and `checksums_good`. Records below `from`
/// in the first batch are left out.
void read_records(const wire::fetch_response::partition_data& part, const ledger& known, records_read& into);

} // namespace troupe::simulation
