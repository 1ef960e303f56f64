#include "asupersync/replay/atomic_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "asupersync/replay/file_size_signal.h"

namespace asupersync {

absl::Status WriteFileAtomically(const std::string& path,
                                 absl::string_view bytes) {
  const NoFileSizeSignal no_signal;
  // Processes that write the same file at once each have their own.
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".tmp");
  // A process of this id that has died may have left one; a link under that
  // name is not followed.
  std::remove(temporary.c_str());
  std::FILE* file = std::fopen(temporary.c_str(), "wbx");
  int failed = 0;
  if (file == nullptr) {
    failed = errno;
  } else {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size()) {
      failed = errno;
    }
    if (std::fclose(file) != 0 && failed == 0) failed = errno;
    if (failed == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) {
      failed = errno;
    }
    if (failed != 0) std::remove(temporary.c_str());
  }
  if (failed == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(failed, absl::StrCat("cannot write ", path));
}

}  // namespace asupersync
