#include "asupersync/base/intrusive_list.h"

#include <cstdio>
#include <cstdlib>

namespace asupersync {
namespace internal_intrusive_list {

void Fail(const char* what) {
  std::fprintf(stderr, "asupersync: %s\n", what);
  std::abort();
}

}  // namespace internal_intrusive_list
}  // namespace asupersync
