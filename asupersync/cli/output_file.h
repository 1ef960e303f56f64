// OutputFile is a new file that a command was asked to write: it appears whole
// or not at all, and nothing is overwritten that was not to be.
//
//   absl::StatusOr<OutputFile> file = OutputFile::Create("out.jsonl", {"in"},
//                                                        /*force=*/false);
//   FdOutput out(file->fd());
//   ...
//   return file->Commit(out.error_number());
//
// Errors: AlreadyExists: there is such a file, and not `force`.
// InvalidArgument: it is one of the inputs (also under another name), or no
// regular file. Others carry the operating system's error. All name the file
// and say what to do.
//
// Lifetime: the bytes go to a temporary file beside it, which Commit() renames
// and destruction removes.
#ifndef ASUPERSYNC_CLI_OUTPUT_FILE_H_
#define ASUPERSYNC_CLI_OUTPUT_FILE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace asupersync::cli {

class OutputFile {
 public:
  static absl::StatusOr<OutputFile> Create(
      const std::string& path, const std::vector<std::string>& inputs,
      bool force);

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  // Open for writing, empty.
  int fd() const { return fd_; }
  // The temporary file, for a writer that replaces it by renaming.
  const std::string& temporary() const { return temporary_; }

  // Puts the file in its place; `error_number` is why writing it failed, or 0.
  absl::Status Commit(int error_number = 0);

 private:
  OutputFile(std::string path, bool force);

  std::string path_;
  std::string temporary_;  // empty once there is none
  bool force_;
  int fd_ = -1;
};

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_OUTPUT_FILE_H_
