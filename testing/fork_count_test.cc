#include "asupersync/testing/fork_count.h"

#include <sys/wait.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

// The exit status of a child that leaves with what `f` returns.
template <class F>
int InChild(F f) {
  const pid_t child = fork();
  if (child == 0) _exit(f());
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

TEST(ForkCountTest, EachForkGivesTheChildAnotherNumber) {
  const int here = ForkCount();
  EXPECT_EQ(ForkCount(), here);
  EXPECT_EQ(InChild([] { return ForkCount(); }), here + 1);
  EXPECT_EQ(InChild([] { return InChild([] { return ForkCount(); }); }),
            here + 2);
  EXPECT_EQ(ForkCount(), here);
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync
