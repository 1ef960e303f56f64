#include "asupersync/replay/fuzz/memory_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace asupersync {
namespace {

void Require(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::abort();
}

}  // namespace

MemoryFile::MemoryFile()
    : file_(::memfd_create("asupersync", MFD_CLOEXEC)),
      path_(absl::StrCat("/proc/self/fd/", file_)) {
  Require(file_ >= 0, "memfd_create");
}

MemoryFile::~MemoryFile() { ::close(file_); }

void MemoryFile::Set(absl::string_view bytes) {
  Require(::ftruncate(file_, 0) == 0, "ftruncate");
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::pwrite(file_, bytes.data() + done, bytes.size() - done,
                               static_cast<off_t>(done));
    Require(n > 0, "pwrite");
    done += static_cast<size_t>(n);
  }
}

}  // namespace asupersync
