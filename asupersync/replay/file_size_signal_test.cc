#include "asupersync/replay/file_size_signal.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "gtest/gtest.h"

namespace asupersync {
namespace {

// Files may have no byte while one lives.
class NoFiles {
 public:
  NoFiles() {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none = {0, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~NoFiles() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

class FileSizeSignalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string path = ::testing::TempDir() + "/file_size_signal";
    fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0666);
    ASSERT_GE(fd_, 0);
  }
  void TearDown() override { close(fd_); }

  // The error of a write, which is beyond the limit.
  int Write() {
    const NoFiles no_files;
    return write(fd_, "x", 1) < 0 ? errno : 0;
  }

  int fd_ = -1;
};

using FileSizeSignalDeathTest = FileSizeSignalTest;

TEST_F(FileSizeSignalDeathTest, WithoutItTheSignalEndsTheProgram) {
  EXPECT_EXIT(Write(), ::testing::KilledBySignal(SIGXFSZ), "");
}

TEST_F(FileSizeSignalTest, AWriteBeyondTheLimitIsAnErrorAlone) {
  for (int i = 0; i < 2; ++i) {
    const NoFileSizeSignal no_signal;
    EXPECT_EQ(Write(), EFBIG);
  }
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGXFSZ), 0);
}

TEST_F(FileSizeSignalDeathTest, AfterwardsTheSignalDoesWhatItDid) {
  { const NoFileSizeSignal no_signal; }
  EXPECT_EXIT(Write(), ::testing::KilledBySignal(SIGXFSZ), "");
}

TEST_F(FileSizeSignalTest, WhoHasBlockedItKeepsIt) {
  sigset_t only, before, pending;
  sigemptyset(&only);
  sigaddset(&only, SIGXFSZ);
  pthread_sigmask(SIG_BLOCK, &only, &before);
  {
    const NoFileSizeSignal no_signal;
    EXPECT_EQ(Write(), EFBIG);
  }
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGXFSZ), 1);
  const timespec at_once = {};
  EXPECT_EQ(sigtimedwait(&only, nullptr, &at_once), SIGXFSZ);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(FileSizeSignalTest, LeavesErrnoAlone) {
  {
    const NoFileSizeSignal no_signal;
    errno = ENOSPC;
  }
  EXPECT_EQ(errno, ENOSPC);
}

}  // namespace
}  // namespace asupersync
