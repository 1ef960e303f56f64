#include "asupersync/cli/output_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"

namespace asupersync::cli {
namespace {

absl::Status Exists(const std::string& path) {
  return absl::AlreadyExistsError(absl::StrCat(
      path, " is there already; name another file or give --force"));
}

absl::Status CheckTarget(const std::string& path,
                         const std::vector<std::string>& inputs, bool force) {
  struct stat there;
  if (::lstat(path.c_str(), &there) != 0) {
    if (errno == ENOENT) return absl::OkStatus();
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path));
  }
  // Through a link: what it points at would be compared with the inputs.
  struct stat target = there;
  if (S_ISLNK(there.st_mode)) ::stat(path.c_str(), &target);
  for (const std::string& input : inputs) {
    struct stat in;
    if (::stat(input.c_str(), &in) == 0 && in.st_dev == target.st_dev &&
        in.st_ino == target.st_ino) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, " is the input itself, which is never overwritten; name "
                "another file"));
    }
  }
  if (!force) return Exists(path);
  if (S_ISREG(there.st_mode) || S_ISLNK(there.st_mode)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      path, " is no regular file and cannot be replaced; leave it out to "
            "write to standard output"));
}

}  // namespace

OutputFile::OutputFile(std::string path, bool force)
    : path_(std::move(path)), force_(force) {}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, std::string())),
      force_(other.force_),
      fd_(std::exchange(other.fd_, -1)) {}

OutputFile::~OutputFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

absl::StatusOr<OutputFile> OutputFile::Create(
    const std::string& path, const std::vector<std::string>& inputs,
    bool force) {
  if (absl::Status s = CheckTarget(path, inputs, force); !s.ok()) return s;
  OutputFile file(path, force);
  std::string temporary = absl::StrCat(path, ".tmp-XXXXXX");
  file.fd_ = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (file.fd_ < 0) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat("cannot write ", path,
                            "; name a file in a folder that can be written"));
  }
  file.temporary_ = std::move(temporary);
  // mkostemp() gives nobody else access; a result has the usual one.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(file.fd_, 0666 & ~mask);
  return file;
}

absl::Status OutputFile::Commit(int error_number) {
  const auto fail = [&](int number) {
    return absl::ErrnoToStatus(number, absl::StrCat("cannot write ", path_));
  };
  if (error_number != 0) return fail(error_number);
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0) return fail(errno);
  const unsigned flags = force_ ? 0 : RENAME_NOREPLACE;
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(),
                  flags) != 0) {
    // It has come into being meanwhile.
    return errno == EEXIST ? Exists(path_) : fail(errno);
  }
  temporary_.clear();
  return absl::OkStatus();
}

}  // namespace asupersync::cli
