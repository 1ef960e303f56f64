#include "asupersync/testing/crash_signals.h"

#include <fcntl.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(
    void (*callback)());

namespace asupersync {
namespace testing_internal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::KilledBySignal;
using ::testing::Not;

void Set(int fd = -1) {
  SetLastWords({"A.B", "  how to repeat it\n", fd, /*signal_offset=*/5});
}

void OwnHandler(int) {
  ForgetLastWords();
  if (write(STDERR_FILENO, "own handler\n", 12) < 0) _exit(8);
  _exit(7);
}

// Each statement runs in a child process of its own, so that none finds the
// handlers of another.
TEST(CrashSignalsDeathTest, TheProcessSaysItsLastWordsAndDiesAllTheSame) {
  EXPECT_EXIT((Set(), std::abort()), KilledBySignal(SIGABRT),
              HasSubstr("asupersync: DIED: A.B by signal 6 (SIGABRT)\n"
                        "  how to repeat it\n"));
  EXPECT_EXIT((Set(), std::terminate()), KilledBySignal(SIGABRT),
              HasSubstr("signal 6 (SIGABRT)\n  how to repeat it\n"));
  EXPECT_EXIT((Set(), raise(SIGTERM)), KilledBySignal(SIGTERM),
              HasSubstr("signal 15 (SIGTERM)\n  how to repeat it\n"));
  // These may be ignored by who started us.
  EXPECT_EXIT((signal(SIGINT, SIG_DFL), Set(), raise(SIGINT)),
              KilledBySignal(SIGINT),
              HasSubstr("signal 2 (SIGINT)\n  how to repeat it\n"));
  EXPECT_EXIT((signal(SIGQUIT, SIG_DFL), Set(), raise(SIGQUIT)),
              KilledBySignal(SIGQUIT),
              HasSubstr("signal 3 (SIGQUIT)\n  how to repeat it\n"));
  EXPECT_EXIT((signal(SIGHUP, SIG_DFL), Set(), raise(SIGHUP)),
              KilledBySignal(SIGHUP),
              HasSubstr("signal 1 (SIGHUP)\n  how to repeat it\n"));
}

// Every signal that ends a process by default, but those that the header names.
TEST(CrashSignalsDeathTest, NoSignalThatEndsTheProcessDoesSoInSilence) {
  for (const int number :
       {SIGTRAP, SIGSYS, SIGPIPE, SIGALRM, SIGVTALRM, SIGXCPU, SIGXFSZ, SIGUSR1,
        SIGUSR2, SIGPOLL, SIGPWR, SIGSTKFLT}) {
    EXPECT_EXIT((signal(number, SIG_DFL), Set(), raise(number)),
                KilledBySignal(number),
                HasSubstr(absl::StrCat("signal ", number, " (SIG",
                                       sigabbrev_np(number), ")\n")));
    EXPECT_EXIT((signal(number, &OwnHandler), Set(), raise(number)),
                ::testing::ExitedWithCode(7), Not(HasSubstr("DIED")));
  }
  EXPECT_EXIT((Set(), raise(SIGPROF)), KilledBySignal(SIGPROF),
              Not(HasSubstr("DIED")));
}

// Standard error is the pipe that nobody reads.
[[noreturn]] void WriteToNobody() {
  int ends[2];
  if (pipe(ends) != 0) _exit(8);
  close(ends[0]);
  signal(SIGPIPE, SIG_DFL);
  Set();
  dup2(ends[1], STDERR_FILENO);
  if (write(STDERR_FILENO, "x", 1) < 0) ForgetLastWords();
  _exit(9);
}

TEST(CrashSignalsDeathTest, ABrokenPipeOfItsOwnWordsEndsIt) {
  EXPECT_EXIT(WriteToNobody(), KilledBySignal(SIGPIPE), "");
}

TEST(CrashSignalsDeathTest, AProgramThatEndsInATestFails) {
  using ::testing::ExitedWithCode;
  const auto says = [](const char* function) {
    return HasSubstr(absl::StrCat("asupersync: DIED: A.B by ", function,
                                  "(), called while the test ran\n"
                                  "  how to repeat it\n"));
  };
  EXPECT_EXIT((Set(), std::exit(0)), ExitedWithCode(1), says("exit"));
  EXPECT_EXIT((Set(), std::exit(5)), ExitedWithCode(5), says("exit"));
  EXPECT_EXIT((Set(), std::quick_exit(0)), ExitedWithCode(1),
              says("quick_exit"));
  std::at_quick_exit([] { std::fputs("at the end\n", stderr); });
  EXPECT_EXIT((Set(), std::quick_exit(5)), ExitedWithCode(5),
              AllOf(says("quick_exit"), HasSubstr("at the end")));
  EXPECT_EXIT((Set(), std::_Exit(0)), ExitedWithCode(1), says("_Exit"));
  if (&__sanitizer_set_death_callback != nullptr) return;  // it has its own
  EXPECT_EXIT((Set(), _exit(0)), ExitedWithCode(1), says("_exit"));
  EXPECT_EXIT((Set(), _exit(5)), ExitedWithCode(5), says("_exit"));
}

[[noreturn]] void LetAChildExit() {
  Set();
  const pid_t child = fork();
  if (child == 0) _exit(0);
  int status = 0;
  waitpid(child, &status, 0);
  ForgetLastWords();
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 9);
}

TEST(CrashSignalsDeathTest, ProgramsMayEndBetweenTestsAndChildrenAlways) {
  EXPECT_EXIT((Set(), ForgetLastWords(), std::exit(0)),
              ::testing::ExitedWithCode(0), Not(HasSubstr("DIED")));
  EXPECT_EXIT(LetAChildExit(), ::testing::ExitedWithCode(0),
              Not(HasSubstr("DIED")));
}

TEST(CrashSignalsDeathTest, WhatIsIgnoredStaysIgnored) {
  EXPECT_EXIT((signal(SIGINT, SIG_IGN), Set(), raise(SIGINT),
               ForgetLastWords(), _exit(5)),
              ::testing::ExitedWithCode(5), Not(HasSubstr("DIED")));
}

TEST(CrashSignalsDeathTest, ForgottenWordsAreNotSaid) {
  EXPECT_EXIT((Set(), ForgetLastWords(), std::abort()),
              KilledBySignal(SIGABRT), Not(HasSubstr("DIED")));
}

[[noreturn]] void LetAChildDie() {
  Set();
  const pid_t child = fork();
  if (child == 0) std::abort();
  int status = 0;
  waitpid(child, &status, 0);
  ForgetLastWords();
  _exit(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? 0 : 1);
}

TEST(CrashSignalsDeathTest, AChildOfForkSaysNothing) {
  EXPECT_EXIT(LetAChildDie(), ::testing::ExitedWithCode(0),
              Not(HasSubstr("DIED")));
}

TEST(CrashSignalsDeathTest, TheSignalIsNotedInItsPlace) {
  const std::string path =
      absl::StrCat(::testing::TempDir(), "/crash_signals_", getpid());
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  ASSERT_EQ(write(fd, "num: 0   \n", 10), 10);
  EXPECT_EXIT((Set(fd), std::abort()), KilledBySignal(SIGABRT), "");
  char text[11] = {};
  ASSERT_EQ(pread(fd, text, 10, 0), 10);
  EXPECT_STREQ(text, "num: 6   \n");
  EXPECT_EXIT((Set(fd), raise(SIGTERM)), KilledBySignal(SIGTERM), "");
  ASSERT_EQ(pread(fd, text, 10, 0), 10);
  EXPECT_STREQ(text, "num: 15  \n");
  close(fd);
  unlink(path.c_str());
}

// A sanitizer's handler cannot be told from a program's own.
TEST(CrashSignalsDeathTest, AHandlerThatWasThereIsCalledAfterwards) {
  if (&__sanitizer_set_death_callback != nullptr) {
    GTEST_SKIP() << "handlers are left alone under a sanitizer";
  }
  EXPECT_EXIT((signal(SIGSEGV, &OwnHandler), Set(), raise(SIGSEGV)),
              ::testing::ExitedWithCode(7),
              HasSubstr("DIED: A.B by signal 11 (SIGSEGV)\n"
                        "  how to repeat it\nown handler\n"));
  for (const int request : {SIGTERM, SIGINT, SIGQUIT, SIGHUP}) {
    EXPECT_EXIT((signal(request, &OwnHandler), Set(), raise(request)),
                ::testing::ExitedWithCode(7), Not(HasSubstr("DIED")));
  }
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync
