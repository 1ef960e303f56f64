// What branches of combinators have spawned with their own Cx: when the
// combinator is decided it is asked to end, and waited for.
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/channel/pipeline.h"
#include "asupersync/combinator/first_ok.h"
#include "asupersync/combinator/hedge.h"
#include "asupersync/combinator/join_set.h"
#include "asupersync/combinator/quorum.h"
#include "asupersync/combinator/race.h"
#include "asupersync/lab/branch_subjects.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "asupersync/time/timeout.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using Body = std::function<Task<absl::Status>(Cx&)>;

// A branch that ends by itself at `end`, and leaves a helper behind that would
// work for an hour.
Body WithHelper(CleanUp& helper, absl::Duration end,
                absl::Status result = absl::OkStatus()) {
  return [&helper, end, result](Cx& cx) -> Task<absl::Status> {
    cx.Spawn("helper", [&helper](Cx& cx) { return Reluctant(cx, helper); });
    co_await Try(cx.Sleep(end));
    co_return result;
  };
}
Body EndsAfter(absl::Duration end, absl::Status result = absl::OkStatus()) {
  return [end, result](Cx& cx) -> Task<absl::Status> {
    co_await Try(cx.Sleep(end));
    co_return result;
  };
}

constexpr absl::Duration kLong = absl::Hours(2);
constexpr absl::Duration kShort = absl::Seconds(1);

// Runs `body` under many schedules. It is over 2 ms after kShort, which is what
// the helper needs to clean up, and the helper was told `why`.
void ExpectHelperIsEnded(
    const std::string& why,
    const std::function<Task<absl::Status>(Cx&, CleanUp&)>& body) {
  ForEachSchedule([&](LabRuntime& runtime) {
    CleanUp helper;
    std::optional<absl::Duration> took;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      const absl::Status status = co_await body(cx, helper);
      took = cx.Now() - absl::UnixEpoch();
      EXPECT_EQ(helper.done, helper.started);
      co_return status;
    });
    EXPECT_EQ(took, kShort + absl::Milliseconds(2));
    EXPECT_EQ(helper.why, why);
    EXPECT_TRUE(runtime.UnseenFailures().empty());
  });
}

TEST(LeftoversTest, OfATimeoutThatRanOutEnd) {
  ExpectHelperIsEnded("timeout", [](Cx& cx, CleanUp& helper)
                                     -> Task<absl::Status> {
    absl::Status status =
        co_await Timeout(cx, kShort, WithHelper(helper, kLong));
    EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
    co_return absl::OkStatus();
  });
}

TEST(LeftoversTest, OfATimeoutsBodyThatWasInTimeEnd) {
  ExpectHelperIsEnded("race_lost", [](Cx& cx, CleanUp& helper) {
    return Timeout(cx, kLong, WithHelper(helper, kShort));
  });
}

TEST(LeftoversTest, OfALoserOfARaceEnd) {
  ExpectHelperIsEnded("race_lost", [](Cx& cx, CleanUp& helper)
                                       -> Task<absl::Status> {
    auto winner = co_await Race(cx, EndsAfter(kShort),
                                WithHelper(helper, kLong));
    co_return winner.status();
  });
}

TEST(LeftoversTest, OfTheWinnerOfARaceEnd) {
  ExpectHelperIsEnded("race_lost", [](Cx& cx, CleanUp& helper)
                                       -> Task<absl::Status> {
    auto winner = co_await Race(cx, WithHelper(helper, kShort),
                                EndsAfter(kLong));
    co_return winner.status();
  });
}

TEST(LeftoversTest, OfTheOnlyBranchOfARaceEnd) {
  ExpectHelperIsEnded("race_lost", [](Cx& cx, CleanUp& helper)
                                       -> Task<absl::Status> {
    co_return (co_await Race(cx, WithHelper(helper, kShort))).status();
  });
}

TEST(LeftoversTest, OfFirstOkEnd) {
  ExpectHelperIsEnded("race_lost", [](Cx& cx, CleanUp& helper) {
    return FirstOk(cx, EndsAfter(kShort), WithHelper(helper, kLong));
  });
}

TEST(LeftoversTest, OfFirstOkWithoutASuccessEnd) {
  ExpectHelperIsEnded("race_lost", [](Cx& cx, CleanUp& helper)
                                       -> Task<absl::Status> {
    absl::Status status = co_await FirstOk(
        cx, WithHelper(helper, kShort, absl::NotFoundError("none")));
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    co_return absl::OkStatus();
  });
}

TEST(LeftoversTest, OfAHedgeEnd) {
  ExpectHelperIsEnded("race_lost", [](Cx& cx, CleanUp& helper)
                                       -> Task<absl::Status> {
    int attempts = 0;
    Body slow = WithHelper(helper, kLong);
    Body fast = EndsAfter(kShort / 2);
    const auto attempt = [&](Cx& cx) {
      return attempts++ == 0 ? slow(cx) : fast(cx);
    };
    co_return co_await Hedge(cx, kShort / 2, attempt);
  });
}

TEST(LeftoversTest, OfAQuorumEnd) {
  ExpectHelperIsEnded("race_lost", [](Cx& cx, CleanUp& helper)
                                       -> Task<absl::Status> {
    std::vector<Body> branches = {EndsAfter(kShort),
                                  WithHelper(helper, kLong)};
    co_return (co_await Quorum(cx, 1, std::move(branches))).status();
  });
}

TEST(LeftoversTest, OfAPipelineWhoseStageFailedEnd) {
  ExpectHelperIsEnded("fail_fast", [](Cx& cx, CleanUp& helper)
                                       -> Task<absl::Status> {
    absl::Status status = co_await Pipeline<int>(
        cx, 1,
        [&](Cx& cx, mpsc::Sender<int>) -> Task<absl::Status> {
          co_return co_await WithHelper(helper, kLong)(cx);
        },
        [](Cx& cx, mpsc::Receiver<int>) -> Task<absl::Status> {
          co_return co_await EndsAfter(kShort, absl::DataLossError("x"))(cx);
        });
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    co_return absl::OkStatus();
  });
}

TEST(LeftoversTest, OfAPipelineWhoseLastStageEndedEnd) {
  ExpectHelperIsEnded("race_lost", [](Cx& cx, CleanUp& helper) {
    return Pipeline<int>(
        cx, 1,
        [](Cx&, mpsc::Sender<int>) -> Task<absl::Status> {
          co_return absl::OkStatus();
        },
        [&](Cx& cx, mpsc::Receiver<int>) -> Task<absl::Status> {
          co_return co_await WithHelper(helper, kShort)(cx);
        });
  });
}

TEST(LeftoversTest, OfAJoinSetThatIsClosedEnd) {
  ExpectHelperIsEnded("parent_cancelled", [](Cx& cx, CleanUp& helper)
                                              -> Task<absl::Status> {
    JoinSet<absl::Status> set(cx);
    set.Spawn(WithHelper(helper, kLong));
    co_await Try(cx.Sleep(kShort));
    co_await set.Close(cx);
    co_return absl::OkStatus();
  });
}

TEST(LeftoversTest, OfABranchThatOpensAScopeFinish) {
  ForEachSchedule([](LabRuntime& runtime) {
    bool finished = false;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      const auto branch = [&](Cx& cx) {
        return Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
          cx.Spawn([&](Cx& cx) -> Task<absl::Status> {
            co_await Try(cx.Sleep(kShort));
            finished = true;
            co_return absl::OkStatus();
          });
          co_return absl::OkStatus();
        });
      };
      co_return co_await Timeout(cx, kLong, branch);
    });
    EXPECT_TRUE(finished);
  });
}

}  // namespace
}  // namespace asupersync
