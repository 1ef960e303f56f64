// FdOutput is an ostream on a file descriptor that says why writing failed.
//
//   FdOutput out(STDOUT_FILENO);
//   out << "text\n";
//   out.flush();
//   if (out.error_number() == EPIPE) ...  // the reader has gone away
//
// std::cout would not tell a full disk from a closed pipe.
//
// Lifetime: the descriptor stays open and must outlive this. Destruction
// flushes.
#ifndef ASUPERSYNC_CLI_FD_OUTPUT_H_
#define ASUPERSYNC_CLI_FD_OUTPUT_H_

#include <array>
#include <ostream>
#include <streambuf>

namespace asupersync::cli {

// The buffer behind FdOutput.
class FdStreamBuf : public std::streambuf {
 public:
  explicit FdStreamBuf(int fd);
  int error_number() const { return error_number_; }

 protected:
  int_type overflow(int_type c) override;
  int sync() override;

 private:
  int fd_;
  int error_number_ = 0;
  std::array<char, 1 << 16> buffer_;
};

class FdOutput : public std::ostream {
 public:
  explicit FdOutput(int fd);
  ~FdOutput() override;

  // The errno of the write that failed; 0 if none has. The stream is bad from
  // then on.
  int error_number() const { return buffer_.error_number(); }

 private:
  FdStreamBuf buffer_;
};

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_FD_OUTPUT_H_
