#include "asupersync/cli/fd_output.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

TEST(FdOutputTest, WritesEverythingInOrder) {
  const std::string path = ::testing::TempDir() + "/fd_output.txt";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  ASSERT_GE(fd, 0);
  std::string expected;
  {
    FdOutput out(fd);
    for (int i = 0; i < 30000; ++i) {
      out << i << "\n";
      expected += std::to_string(i) + "\n";
    }
    EXPECT_TRUE(out.good());
    EXPECT_EQ(out.error_number(), 0);
  }
  std::string written(expected.size() + 1, '\0');
  const ssize_t n = ::pread(fd, written.data(), written.size(), 0);
  ASSERT_EQ(n, static_cast<ssize_t>(expected.size()));
  written.resize(expected.size());
  EXPECT_EQ(written, expected);
  ::close(fd);
}

TEST(FdOutputTest, AClosedPipeEndsTheOutput) {
  ::signal(SIGPIPE, SIG_IGN);
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  ::close(pipe_ends[0]);
  FdOutput out(pipe_ends[1]);
  out << "text";
  EXPECT_TRUE(out.good());
  out.flush();
  EXPECT_FALSE(out.good());
  EXPECT_EQ(out.error_number(), EPIPE);
  out << std::string(1 << 20, 'x');
  EXPECT_FALSE(out.good());
  ::close(pipe_ends[1]);
}

TEST(FdOutputTest, AFullDiskIsTold) {
  const int fd = ::open("/dev/full", O_WRONLY);
  ASSERT_GE(fd, 0);
  FdOutput out(fd);
  out << "text" << std::flush;
  EXPECT_EQ(out.error_number(), ENOSPC);
  ::close(fd);
}

}  // namespace
}  // namespace asupersync::cli
