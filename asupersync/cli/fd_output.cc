#include "asupersync/cli/fd_output.h"

#include <unistd.h>

#include <cerrno>

namespace asupersync::cli {

FdStreamBuf::FdStreamBuf(int fd) : fd_(fd) {
  setp(buffer_.data(), buffer_.data() + buffer_.size());
}

FdStreamBuf::int_type FdStreamBuf::overflow(int_type c) {
  if (sync() != 0) return traits_type::eof();
  if (!traits_type::eq_int_type(c, traits_type::eof())) {
    *pptr() = traits_type::to_char_type(c);
    pbump(1);
  }
  return traits_type::not_eof(c);
}

int FdStreamBuf::sync() {
  const char* at = pbase();
  while (error_number_ == 0 && at < pptr()) {
    const ssize_t n = ::write(fd_, at, static_cast<size_t>(pptr() - at));
    if (n >= 0) {
      at += n;
    } else if (errno != EINTR) {
      error_number_ = errno;
    }
  }
  setp(buffer_.data(), buffer_.data() + buffer_.size());
  return error_number_ == 0 ? 0 : -1;
}

FdOutput::FdOutput(int fd) : std::ostream(nullptr), buffer_(fd) {
  rdbuf(&buffer_);  // also clears the state that the null buffer has set
}

FdOutput::~FdOutput() { flush(); }

}  // namespace asupersync::cli
