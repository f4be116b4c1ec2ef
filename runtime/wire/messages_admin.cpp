// The codecs of what administrators ask.
#include "runtime/wire/alter_configs.hpp"
#include "runtime/wire/alter_replica_log_dirs.hpp"
#include "runtime/wire/codec.hpp"
#include "runtime/wire/describe_configs.hpp"
#include "runtime/wire/describe_log_dirs.hpp"
#include "runtime/wire/describe_producers.hpp"
#include "runtime/wire/list_config_resources.hpp"

namespace troupe::wire {

TROUPE_WIRE_MESSAGE(describe_configs_request)
TROUPE_WIRE_MESSAGE(describe_configs_response)
TROUPE_WIRE_MESSAGE(alter_configs_request)
TROUPE_WIRE_MESSAGE(alter_configs_response)
TROUPE_WIRE_MESSAGE(incremental_alter_configs_request)
TROUPE_WIRE_MESSAGE(incremental_alter_configs_response)
TROUPE_WIRE_MESSAGE(list_config_resources_request)
TROUPE_WIRE_MESSAGE(list_config_resources_response)
TROUPE_WIRE_MESSAGE(alter_replica_log_dirs_request)
TROUPE_WIRE_MESSAGE(alter_replica_log_dirs_response)
TROUPE_WIRE_MESSAGE(describe_log_dirs_request)
TROUPE_WIRE_MESSAGE(describe_log_dirs_response)
TROUPE_WIRE_MESSAGE(describe_producers_request)
TROUPE_WIRE_MESSAGE(describe_producers_response)

} // namespace troupe::wire
