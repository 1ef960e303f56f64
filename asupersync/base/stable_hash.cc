#include "asupersync/base/stable_hash.h"

#include <xxhash.h>

namespace asupersync {

uint64_t StableHash64(absl::string_view data, uint64_t seed) {
  return XXH64(data.data(), data.size(), seed);
}

}  // namespace asupersync
