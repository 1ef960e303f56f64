#include "asupersync/base/fatal.h"

#include <cstdio>
#include <cstdlib>

namespace asupersync {

void Fatal(absl::string_view message) {
  std::fprintf(stderr, "asupersync: FATAL: %.*s\n",
               static_cast<int>(message.size()), message.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace asupersync
