// MemoryFile is a file without a place on a disk: for what opens files by
// their path, and is to be given thousands of inputs in a second.
//
//   MemoryFile file;
//   file.Set(bytes);
//   TraceReader::Open(file.path());
//
// Lifetime: the path is valid in this process as long as the MemoryFile lives.
#ifndef ASUPERSYNC_REPLAY_FUZZ_MEMORY_FILE_H_
#define ASUPERSYNC_REPLAY_FUZZ_MEMORY_FILE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace asupersync {

class MemoryFile {
 public:
  // Ends the process if the system has no more of them.
  MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile();

  const std::string& path() const { return path_; }
  // Makes `bytes` the whole content.
  void Set(absl::string_view bytes);

 private:
  int file_;
  std::string path_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_FUZZ_MEMORY_FILE_H_
