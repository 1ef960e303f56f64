#ifndef ASUPERSYNC_LAB_BRANCH_SUBJECTS_H_
#define ASUPERSYNC_LAB_BRANCH_SUBJECTS_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/lab/violation.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/live_probe.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "gtest/gtest.h"

// What the tests of combinators run as branches, and how they run them.

namespace asupersync {

inline constexpr std::uint64_t kScheduleSeeds = 40;

// Calls `test` with a fresh runtime for each of many seeds, under both yield
// policies, and sees that no oracle objects and that nothing of
// it is left alive.
inline void ForEachSchedule(absl::FunctionRef<void(LabRuntime&)> test) {
  for (YieldPolicy policy :
       {YieldPolicy::kEveryOperation, YieldPolicy::kWhenBlocked}) {
    for (std::uint64_t seed = 0; seed < kScheduleSeeds; ++seed) {
      SCOPED_TRACE(::testing::Message()
                   << "seed " << seed << ", yield policy "
                   << static_cast<int>(policy));
      const int alive = LiveProbe::alive();
      {
        LabRuntime runtime(LabConfig(seed).WithYieldPolicy(policy));
        test(runtime);
        // Some tests are about runtimes that are destroyed with tasks left.
        runtime.Conclude(!runtime.root_region().tasks.empty());
        for (const Violation& violation : runtime.violations()) {
          ADD_FAILURE() << violation;
        }
      }
      EXPECT_EQ(LiveProbe::alive(), alive);
    }
  }
}

// Runs `body` as a root task to its end and gives its outcome.
template <class F>
auto RunToEnd(LabRuntime& runtime, F&& body) {
  auto handle = runtime.SpawnRoot("caller", std::forward<F>(body));
  const RunResult result = runtime.RunUntilQuiescent();
  EXPECT_TRUE(result.quiescent()) << result.verdict << "\n" << result.report;
  return handle.TakeOutcome();
}

inline Task<absl::StatusOr<int>> ValueAfter(Cx& cx, absl::Duration delay,
                                            int value) {
  LiveProbe probe;
  co_await Try(cx.Sleep(delay));
  co_return value;
}

inline Task<absl::StatusOr<int>> ErrorAfter(Cx& cx, absl::Duration delay,
                                            absl::Status error) {
  LiveProbe probe;
  co_await Try(cx.Sleep(delay));
  co_return error;
}

// What became of a Reluctant().
struct CleanUp {
  bool started = false;
  bool done = false;
  std::string why;  // the kind of the cancellation
};

// Sleeps for an hour; when asked to end it needs three more waits and 2 ms.
inline Task<absl::StatusOr<int>> Reluctant(Cx& cx, CleanUp& clean_up) {
  LiveProbe probe;
  clean_up.started = true;
  const absl::Status status = co_await cx.Sleep(absl::Hours(1));
  if (status.ok()) co_return 0;
  clean_up.why = Name(CancelReason::FromStatus(status)->kind());
  CancelMask mask(cx);
  co_await Try(cx.Sleep(absl::Milliseconds(1)));
  co_await Try(cx.Yield());
  co_await Try(cx.Sleep(absl::Milliseconds(1)));
  clean_up.done = true;
  co_return status;
}

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_BRANCH_SUBJECTS_H_
