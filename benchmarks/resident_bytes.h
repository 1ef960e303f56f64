#ifndef ASUPERSYNC_BENCHMARKS_RESIDENT_BYTES_H_
#define ASUPERSYNC_BENCHMARKS_RESIDENT_BYTES_H_

#include <unistd.h>

#include <cstddef>
#include <cstdio>

namespace asupersync {
namespace benchmarks {

// Resident memory of this process, from the kernel.
inline std::size_t ResidentBytes() {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  if (std::fscanf(file, "%zu %zu", &total, &resident) != 2) resident = 0;
  std::fclose(file);
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace benchmarks
}  // namespace asupersync

#endif  // ASUPERSYNC_BENCHMARKS_RESIDENT_BYTES_H_
