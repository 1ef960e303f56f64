// MappedText is a file of fixed length that is memory: what is stored there is
// in the file at once, without a system call, and stays there when the process
// dies.
//
//   absl::StatusOr<MappedText> text = MappedText::Open(path);
//   if (text.ok()) std::memcpy(text->memory() + offset, digits, count);
//
// Nothing is synchronized to the disk: the file is safe from the process's
// death, not from the machine's. Where the bytes of a file cannot be replaced
// without new room (a file system that copies on write), a store is lost to a
// full disk by SIGBUS.
//
// Lifetime: the memory is the object's; the file stays. After fork() the memory
// of the child is the same file: the child must not write.
#ifndef ASUPERSYNC_TESTING_MAPPED_TEXT_H_
#define ASUPERSYNC_TESTING_MAPPED_TEXT_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace asupersync {
namespace testing_internal {

class MappedText {
 public:
  // Of a file that exists and is not empty. Errors: of the operating system,
  // with the path; FailedPrecondition if the file is empty.
  static absl::StatusOr<MappedText> Open(const std::string& path);

  // No file.
  MappedText() = default;
  MappedText(MappedText&& other) noexcept { *this = std::move(other); }
  MappedText& operator=(MappedText&& other) noexcept;
  ~MappedText();

  // size() bytes; null without a file.
  char* memory() const { return memory_; }
  std::size_t size() const { return size_; }
  // For who must write with a system call; -1 without a file.
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
  char* memory_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_MAPPED_TEXT_H_
