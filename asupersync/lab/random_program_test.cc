// Random programs, stopped and cancelled anywhere: nothing leaks, nothing is
// used after its death (under AddressSanitizer), and the same seed gives the
// same execution.
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/prng.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/sync/notify.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/live_probe.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "asupersync/trace/replay_trace.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using Handle = TaskHandle<absl::StatusOr<LiveProbe>>;

// What the tasks of one program share.
struct World {
  Mutex mutexes[2];
  Notify notify;
  mpsc::ChannelEnds<std::shared_ptr<LiveProbe>> channel =
      mpsc::Channel<std::shared_ptr<LiveProbe>>(2);
  bool receiving = false;
  std::vector<std::shared_ptr<Handle>> handles;
  std::vector<MutexGuard> loose_guards;
  std::vector<mpsc::Permit<std::shared_ptr<LiveProbe>>> loose_permits;
};

Task<absl::StatusOr<LiveProbe>> Body(Cx& cx, World& world, int depth);

std::shared_ptr<Handle> Spawn(Cx& cx, World& world, int depth) {
  auto handle = std::make_shared<Handle>(
      cx.Spawn([&world, depth, probe = LiveProbe()](Cx& cx) {
        return Body(cx, world, depth);
      }));
  world.handles.push_back(handle);
  return handle;
}

std::shared_ptr<Handle> AnyHandle(Cx& cx, World& world) {
  return world.handles[cx.RandomBelow(world.handles.size())];
}

Task<absl::Status> Receive(Cx& cx, World& world) {
  if (world.receiving) co_return absl::OkStatus();
  struct Reset {
    bool& flag;
    ~Reset() { flag = false; }
  } reset{world.receiving = true};
  co_await Try(world.channel.receiver.Recv(cx));
  co_return absl::OkStatus();
}

// Waits for something that may never come, then for what is left to clean up.
Task<absl::Status> Lock(Cx& cx, World& world) {
  LiveProbe probe;
  MutexGuard guard = co_await Try(world.mutexes[cx.RandomBelow(2)].Lock(cx));
  if (cx.RandomBelow(8) == 0) {
    world.loose_guards.push_back(std::move(guard));
    co_return absl::OkStatus();
  }
  if (cx.RandomBelow(8) == 0 && !world.loose_guards.empty()) {
    world.loose_guards.pop_back();
  }
  co_return co_await cx.Sleep(absl::Milliseconds(cx.RandomBelow(3)));
}

Task<absl::Status> Reserve(Cx& cx, World& world) {
  auto permit = co_await Try(world.channel.sender.Reserve(cx));
  switch (cx.RandomBelow(4)) {
    case 0:
      world.loose_permits.push_back(std::move(permit));
      break;
    case 1:
      if (!world.loose_permits.empty()) world.loose_permits.pop_back();
      break;
    default:
      permit.Send(std::make_shared<LiveProbe>());
  }
  co_return co_await cx.Yield();
}

Task<absl::Status> InScope(Cx& cx, World& world, int depth) {
  std::optional<CancelMask> mask;
  if (cx.RandomBelow(3) == 0) mask.emplace(cx);
  co_await Try(Scope(cx, [&](Cx& cx) -> Task<absl::StatusOr<LiveProbe>> {
    LiveProbe probe;
    Spawn(cx, world, depth - 1);
    LiveProbe result = co_await Try(Body(cx, world, depth - 1));
    co_return result.alive() > 0 ? absl::StatusOr<LiveProbe>(std::move(result))
                                 : absl::InternalError("no probe");
  }));
  co_return absl::OkStatus();
}

Task<absl::Status> OneOperation(Cx& cx, World& world, int depth) {
  switch (cx.RandomBelow(depth > 0 ? 12 : 9)) {
    case 0:
      co_return co_await Lock(cx, world);
    case 1:
      co_return co_await Reserve(cx, world);
    case 2:
      co_return co_await Receive(cx, world);
    case 3:
      co_return co_await world.notify.Wait(cx);
    case 4:
      cx.RandomBelow(2) ? world.notify.NotifyOne() : world.notify.NotifyAll();
      co_return co_await cx.Yield();
    case 5:
      co_return co_await cx.Sleep(absl::Milliseconds(cx.RandomBelow(5)));
    case 6:
      AnyHandle(cx, world)->Cancel(CancelReason(
          static_cast<CancelKind>(cx.RandomBelow(kCancelKindCount))));
      co_return co_await cx.Yield();
    case 7:
      if (cx.RandomBelow(4) == 0) throw std::runtime_error("random");
      co_return co_await cx.Yield();
    case 8: {
      auto handle = AnyHandle(cx, world);
      co_return (co_await handle->Join(cx)).status();
    }
    case 9:
      Spawn(cx, world, depth - 1);
      co_return co_await cx.Yield();
    default:
      co_return co_await InScope(cx, world, depth);
  }
}

Task<absl::StatusOr<LiveProbe>> Body(Cx& cx, World& world, int depth) {
  LiveProbe probe;
  for (int i = 0; i < 4; ++i) {
    absl::Status status = co_await OneOperation(cx, world, depth);
    if (!status.ok() && cx.RandomBelow(2) == 0) co_return status;
    if (cx.RandomBelow(4) == 0) co_await Try(cx.Checkpoint());
  }
  co_return LiveProbe();
}

struct Result {
  std::uint64_t certificate = 0;
  std::uint64_t fingerprint = 0;
  std::uint64_t steps = 0;
  std::optional<ReplayTrace> trace;
  friend bool operator==(const Result&, const Result&) = default;
};

// Runs program number `seed` for up to `steps` steps in `runtime`.
Result Execute(LabRuntime& runtime, std::uint64_t seed, std::uint64_t steps) {
  World world;
  for (int i = 0; i < 3; ++i) {
    world.handles.push_back(std::make_shared<Handle>(
        runtime.SpawnRoot([&](Cx& cx) { return Body(cx, world, 3); })));
  }
  runtime.RunUntilTick(steps);
  if (seed % 3 == 0) {
    for (std::size_t i = 0; i < world.handles.size(); i += 2) {
      runtime.Cancel(*world.handles[i]);
    }
    runtime.RunUntilTick(steps + 100);
  }
  if (seed % 5 == 0) world.loose_guards.clear();
  Result result{runtime.certificate(), runtime.fingerprint().value(),
                runtime.steps(), runtime.TakeReplayTrace()};
  // Ends the tasks before what they refer to.
  runtime.Reset(runtime.config().seeds());
  return result;
}

TEST(RandomProgramTest, NothingLeaksAndTheSameSeedIsTheSameExecution) {
  std::uint64_t steps_total = 0;
  for (const YieldPolicy policy :
       {YieldPolicy::kEveryOperation, YieldPolicy::kWhenBlocked}) {
    LabRuntime reused(
        LabConfig(0).WithYieldPolicy(policy).WithDefaultReplayRecording());
    for (std::uint64_t seed = 0; seed < 1500; ++seed) {
      const LabConfig config =
          LabConfig(seed).WithYieldPolicy(policy).WithDefaultReplayRecording();
      const std::uint64_t steps = Prng(seed).Below(300);
      Result first;
      {
        LabRuntime fresh(config);
        first = Execute(fresh, seed, steps);
      }
      ASSERT_EQ(LiveProbe::alive(), 0) << "seed " << seed;
      reused.Reset(config.seeds());
      const Result second = Execute(reused, seed, steps);
      ASSERT_EQ(LiveProbe::alive(), 0) << "seed " << seed;
      ASSERT_TRUE(first == second) << "seed " << seed;
      steps_total += first.steps;
    }
  }
  EXPECT_GT(steps_total, 50'000u);
}

}  // namespace
}  // namespace asupersync
