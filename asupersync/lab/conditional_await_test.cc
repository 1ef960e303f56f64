// g++ 12 evaluates both operands of `co_await (c ? a : b)` and awaits a bitwise
// copy of one. That must end with a message, not with a corrupt queue.

#include "absl/status/status.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ <= 12
constexpr bool kMiscompiles = true;
#else
constexpr bool kMiscompiles = false;
#endif

template <class Body>
void RunAlone(Body body) {
  LabRuntime runtime(LabConfig(1));
  auto task = runtime.SpawnRoot(body);
  runtime.RunUntilQuiescent();
  EXPECT_TRUE(task.TakeOutcome().ok());
}

Task<absl::Status> OfOperations(Cx& cx) {
  co_await Try(cx.id().IsValid() ? cx.Yield() : cx.Yield());
  co_return absl::OkStatus();
}

Task<absl::Status> Nothing() { co_return absl::OkStatus(); }

Task<absl::Status> OfTasks(Cx& cx) {
  co_await Try(cx.id().IsValid() ? Nothing() : Nothing());
  co_return absl::OkStatus();
}

TEST(ConditionalAwaitDeathTest, OfOperationsWorksOrSaysWhatToWrite) {
  if (kMiscompiles) {
    EXPECT_DEATH(RunAlone(OfOperations),
                 "conditional_await_test.cc:[0-9]+: an operation is awaited "
                 "at another place.*write if \\(c\\) co_await a");
  } else {
    RunAlone(OfOperations);
  }
}

TEST(ConditionalAwaitDeathTest, OfTasksWorksOrSaysWhatToWrite) {
  if (kMiscompiles) {
    EXPECT_DEATH(RunAlone(OfTasks), "a Task is awaited at another place.*");
  } else {
    RunAlone(OfTasks);
  }
}

}  // namespace
}  // namespace asupersync
