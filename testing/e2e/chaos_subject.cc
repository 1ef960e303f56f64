// The program that chaos_test runs. All its tests pass without chaos, those of
// OwnChaos excepted, which bring their own.
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// The planted bug: a worker that is cancelled keeps its slot.
LAB_TEST(Slots, AreKeptByWhoIsCancelled) {
  int free = 2;
  auto worker = cx.Spawn("worker", [&free](Cx& cx) -> Task<absl::Status> {
    for (int i = 0; i < 4; ++i) {
      --free;
      co_await Try(cx.Sleep(absl::Milliseconds(1)));
      ++free;
    }
    co_return absl::OkStatus();
  });
  (void)co_await worker.Join(cx);
  CO_ASSERT_EQ(free, 2);
  co_return absl::OkStatus();
}

// The correct twin.
LAB_TEST(Slots, AreGivenBack) {
  int free = 2;
  auto worker = cx.Spawn("worker", [&free](Cx& cx) -> Task<absl::Status> {
    for (int i = 0; i < 4; ++i) {
      --free;
      const absl::Status slept = co_await cx.Sleep(absl::Milliseconds(1));
      ++free;
      co_await Try(slept);
    }
    co_return absl::OkStatus();
  });
  (void)co_await worker.Join(cx);
  CO_ASSERT_EQ(free, 2);
  co_return absl::OkStatus();
}

// Three opportunities for a delay.
LAB_TEST(Three, Yields) {
  for (int i = 0; i < 3; ++i) co_await Try(cx.Yield());
  co_return absl::OkStatus();
}

class Classic : public LabTest {};

TEST_F(Classic, Yields) {
  runtime().SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    for (int i = 0; i < 3; ++i) co_await Try(cx.Yield());
    co_return absl::OkStatus();
  });
  runtime().RunUntilQuiescent();
}

TEST_F(Classic, RunsNothing) {}

// Its worker ends whatever flags say.
class OwnChaos : public LabTest {
 protected:
  LabConfig ConfigureLab(LabConfig config) override {
    return config.WithChaos(ChaosConfig::Off().With(ChaosKind::kCancel, 1));
  }
};

LAB_TEST_F(OwnChaos, EndsTheWorker) {
  auto worker = cx.Spawn(
      [](Cx& cx) -> Task<absl::Status> { co_return co_await cx.Yield(); });
  const Outcome<void> ended = co_await worker.Join(cx);
  CO_ASSERT_TRUE(ended.ok());
  co_return absl::OkStatus();
}

// Takes the flag's chaos, but for one kind.
class Tamed : public LabTest {
 protected:
  LabConfig ConfigureLab(LabConfig config) override {
    return config.WithChaos(config.chaos().With(ChaosKind::kCancel, 0));
  }
};

LAB_TEST_F(Tamed, IsDelayedButNotCancelled) {
  auto worker = cx.Spawn([](Cx& cx) -> Task<absl::Status> {
    for (int i = 0; i < 20; ++i) co_await Try(cx.Yield());
    co_return absl::OkStatus();
  });
  const Outcome<void> ended = co_await worker.Join(cx);
  CO_ASSERT_TRUE(ended.ok());
  co_return absl::OkStatus();
}

}  // namespace
}  // namespace asupersync
