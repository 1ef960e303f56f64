#include "asupersync/testing/mapped_text.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace asupersync {
namespace testing_internal {

absl::StatusOr<MappedText> MappedText::Open(const std::string& path) {
  const auto failed = [&](const char* doing) {
    return absl::ErrnoToStatus(errno, absl::StrCat(doing, " ", path));
  };
  MappedText text;
  text.fd_ = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (text.fd_ < 0) return failed("cannot open");
  struct stat facts;
  if (fstat(text.fd_, &facts) != 0) return failed("cannot look at");
  if (facts.st_size == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot map ", path, ": it is empty"));
  }
  const auto size = static_cast<std::size_t>(facts.st_size);
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED,
                            text.fd_, 0);
  if (memory == MAP_FAILED) return failed("cannot map");
  text.memory_ = static_cast<char*>(memory);
  text.size_ = size;
  return text;
}

MappedText& MappedText::operator=(MappedText&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(memory_, other.memory_);
  std::swap(size_, other.size_);
  return *this;
}

MappedText::~MappedText() {
  if (memory_ != nullptr) munmap(memory_, size_);
  if (fd_ >= 0) close(fd_);
}

}  // namespace testing_internal
}  // namespace asupersync
