#include "asupersync/lab/due_timers.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "asupersync/base/ids.h"
#include "asupersync/base/prng.h"
#include "asupersync/task/timer.h"
#include "asupersync/task/timer_queue.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

class SilentTimer final : public Timer {
 public:
  explicit SilentTimer(std::uint32_t number) : number_(number) {}

 private:
  TimerId Identity() const override {
    return ChildIdentity<TimerId>(0, number_);
  }
  void OnFire() override {}

  std::uint32_t number_;
};

TEST(DueTimersTest, FindEachTimerByItsNumberWhileOthersAreTaken) {
  constexpr std::uint32_t kTimers = 200;
  Prng random(42);
  TimerQueue queue;
  DueTimers due;
  std::vector<std::unique_ptr<SilentTimer>> timers;
  // Twice: the second filling knows nothing of the first.
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t i = 0; i < kTimers; ++i) {
      timers.push_back(std::make_unique<SilentTimer>(i));
      queue.Arm(*timers.back(), 5);
    }
    queue.TakeDue(due.Refill());
    ASSERT_EQ(due.size(), kTimers);
    while (!due.empty()) {
      for (std::uint32_t i = 0; i < due.size(); ++i) {
        ASSERT_EQ(due.IndexOf(due.At(i).compact), i);
      }
      const auto index = static_cast<std::uint32_t>(random.Below(due.size()));
      const std::uint64_t number = due.At(index).compact;
      EXPECT_EQ(due.Take(index).id(), number);
      EXPECT_EQ(due.IndexOf(number), std::nullopt);
    }
  }
}

}  // namespace
}  // namespace asupersync
