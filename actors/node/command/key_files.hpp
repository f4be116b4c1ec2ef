// Certificates and keys as files: whole or not there at all, keys for nobody but their owner, and none lost by mistake.
#pragma once

#include "runtime/base/error.hpp"
#include "runtime/security/certificates.hpp"

#include <string>

namespace troupe::command {

/// "ca" is ca.pem and ca.key in the directory.
std::string certificate_path(const std::string& directory, const std::string& name);
std::string key_path(const std::string& directory, const std::string& name);

/// Makes the directory as well. Errors, one sentence each: already_exists without `force`.
result<void> write_key_pair(const std::string& directory, const std::string& name, const security::key_pair& pair,
                            bool force);
result<security::key_pair> read_key_pair(const std::string& directory, const std::string& name);

} // namespace troupe::command
