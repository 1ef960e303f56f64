// Executions have one fingerprint exactly if their dependent operations happen
// in one order: on programs whose classes can be counted by hand.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/seed.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/sync/notify.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// Sets up the tasks of one execution. What they append to `order` says in
// which order its dependent operations happened, and nothing else.
using Program = std::function<void(LabRuntime&, std::string& order)>;

// How many classes `program` has, after checking that the fingerprint tells
// apart exactly what `order` tells apart.
std::size_t Classes(const Program& program, int executions = 4000) {
  std::map<std::uint64_t, std::set<std::string>> orders;
  std::map<std::string, std::set<std::uint64_t>> fingerprints;
  std::set<std::uint64_t> certificates;
  LabRuntime runtime(LabConfig(0).WithLanePolicy(LanePolicy::kAny));
  for (int i = 0; i < executions; ++i) {
    runtime.Reset(DeriveSeeds(i, ""));
    std::string order;
    program(runtime, order);
    RunResult result = runtime.RunUntilQuiescent();
    EXPECT_TRUE(result.quiescent()) << result.report;
    orders[runtime.fingerprint().value()].insert(order);
    fingerprints[order].insert(runtime.fingerprint().value());
    certificates.insert(runtime.certificate());
  }
  for (const auto& [fingerprint, same] : orders) {
    EXPECT_EQ(same.size(), 1u)
        << "one fingerprint for " << *same.begin() << " and " << *same.rbegin();
  }
  for (const auto& [order, different] : fingerprints) {
    EXPECT_EQ(different.size(), 1u) << "several fingerprints for " << order;
  }
  EXPECT_GE(certificates.size(), orders.size());
  return orders.size();
}

Task<absl::Status> LockTimes(Cx& cx, Mutex& mutex, int times, char letter,
                             std::string& order) {
  for (int i = 0; i < times; ++i) {
    MutexGuard guard = co_await Try(mutex.Lock(cx));
    order.push_back(letter);
  }
  co_return absl::OkStatus();
}

TEST(ClassesTest, TasksOnDifferentObjectsHaveOneClass) {
  EXPECT_EQ(Classes([](LabRuntime& runtime, std::string&) {
              for (int i = 0; i < 3; ++i) {
                runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
                  Mutex mutex;
                  std::string mine;
                  co_return co_await LockTimes(cx, mutex, 3, 'x', mine);
                });
              }
            }),
            1u);
}

TEST(ClassesTest, TwoTasksThatLockOneMutexOnceHaveTwo) {
  Mutex mutex;
  EXPECT_EQ(Classes([&](LabRuntime& runtime, std::string& order) {
              for (char letter : {'a', 'b'}) {
                runtime.SpawnRoot([&, letter](Cx& cx) {
                  return LockTimes(cx, mutex, 1, letter, order);
                });
              }
            }),
            2u);
}

TEST(ClassesTest, TwoTasksThatLockOneMutexTwiceHaveSix) {
  Mutex mutex;
  EXPECT_EQ(Classes([&](LabRuntime& runtime, std::string& order) {
              for (char letter : {'a', 'b'}) {
                runtime.SpawnRoot([&, letter](Cx& cx) {
                  return LockTimes(cx, mutex, 2, letter, order);
                });
              }
            }),
            6u);  // 4 over 2
}

TEST(ClassesTest, WhereALockIsHeldOverAStepItMattersWhetherTheOtherWaited) {
  // Either task first, and the other asks before or after the unlock: in the
  // second case it need not wait, so it takes one step fewer.
  Mutex mutex;
  EXPECT_EQ(
      Classes([&](LabRuntime& runtime, std::string& order) {
        auto steps = std::make_shared<int>(0);
        for (char letter : {'a', 'b'}) {
          runtime.SpawnRoot([&, letter, steps](Cx& cx) -> Task<absl::Status> {
            {
              MutexGuard guard = co_await Try(mutex.Lock(cx));
              order.push_back(letter);
              co_await Try(cx.Yield());
            }
            if (++*steps == 2) {
              absl::StrAppend(&order, cx.node().runtime().recorder().tick());
            }
            co_return absl::OkStatus();
          });
        }
      }),
      4u);
}

TEST(ClassesTest, ReadsCommuteAndWritesDoNot) {
  // Each of two readers comes before or after the one write.
  Mutex mutex;
  EXPECT_EQ(Classes([&](LabRuntime& runtime, std::string& order) {
              order = "??";
              for (int i : {0, 1}) {
                runtime.SpawnRoot([&, i](Cx& cx) -> Task<absl::Status> {
                  co_await Try(cx.Yield());
                  order[i] = mutex.locked() ? '1' : '0';
                  co_return absl::OkStatus();
                });
              }
              runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
                MutexGuard guard = co_await Try(mutex.Lock(cx));
                // Held for the rest of the execution: readers see it.
                co_return co_await cx.Sleep(absl::Seconds(1));
              });
            }),
            4u);
}

TEST(ClassesTest, MessagesToDifferentChannelsCommute) {
  EXPECT_EQ(Classes([](LabRuntime& runtime, std::string&) {
              for (int i = 0; i < 2; ++i) {
                runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
                  auto [tx, rx] = mpsc::Channel<int>(2);
                  co_await Try(tx.Send(cx, 1));
                  co_await Try(tx.Send(cx, 2));
                  co_await Try(rx.Recv(cx));
                  co_return absl::OkStatus();
                });
              }
            }),
            1u);
}

TEST(ClassesTest, MessagesToOneChannelDoNot) {
  // Two senders of two messages each into a channel with room for all.
  EXPECT_EQ(Classes([](LabRuntime& runtime, std::string& order) {
              auto ends = std::make_shared<mpsc::ChannelEnds<int>>(
                  mpsc::Channel<int>(4));
              for (char letter : {'a', 'b'}) {
                runtime.SpawnRoot(
                    [ends, letter, &order](Cx& cx) -> Task<absl::Status> {
                      for (int i = 0; i < 2; ++i) {
                        co_await Try(ends->sender.Send(cx, i));
                        order.push_back(letter);
                      }
                      co_return absl::OkStatus();
                    });
              }
            }),
            6u);
}

TEST(ClassesTest, WhichSenderGoesLastIsAnOrder) {
  EXPECT_EQ(Classes([](LabRuntime& runtime, std::string& order) {
              auto [tx, rx] = mpsc::Channel<int>(1);
              for (char letter : {'a', 'b', 'c'}) {
                runtime.SpawnRoot(
                    [tx = tx, letter, &order](Cx& cx) -> Task<absl::Status> {
                      co_await Try(cx.Yield());
                      order.push_back(letter);
                      co_return absl::OkStatus();
                    });
              }
            }),
            6u);
}

TEST(ClassesTest, AJoinIsOrderedWithTheEndOfItsTask) {
  // The parent asks before or after each child has ended.
  EXPECT_EQ(Classes([](LabRuntime& runtime, std::string& order) {
              runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
                auto child = [](Cx& cx) -> Task<absl::Status> {
                  co_return co_await cx.Yield();
                };
                auto first = cx.Spawn(child);
                auto second = cx.Spawn(child);
                co_await Try(cx.Yield());
                order.push_back(first.done() ? '1' : '0');
                co_await Try(cx.Yield());
                order.push_back(second.done() ? '1' : '0');
                co_return absl::OkStatus();
              });
            }),
            4u);
}

TEST(ClassesTest, ASpawnIsOrderedBeforeItsTaskAndNothingElse) {
  EXPECT_EQ(Classes([](LabRuntime& runtime, std::string&) {
              for (int i = 0; i < 2; ++i) {
                runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
                  for (int j = 0; j < 2; ++j) {
                    cx.Spawn([](Cx& cx) -> Task<absl::Status> {
                      co_return co_await cx.Yield();
                    });
                    co_await Try(cx.Yield());
                  }
                  co_return absl::OkStatus();
                });
              }
            }),
            1u);
}

TEST(ClassesTest, ACancellationIsOrderedWithEveryStepOfItsTask) {
  // The request comes before the first, second, third or fourth step of the
  // target, or after the last.
  EXPECT_EQ(Classes([](LabRuntime& runtime, std::string& order) {
              auto target = std::make_shared<TaskHandle<absl::Status>>(
                  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
                    for (int i = 0; i < 3; ++i) {
                      order.push_back(cx.Checkpoint().ok() ? '.' : 'x');
                      co_await Try(cx.Yield());
                    }
                    order.push_back(cx.Checkpoint().ok() ? '.' : 'x');
                    co_return absl::OkStatus();
                  }));
              runtime.SpawnRoot([target, &order](Cx& cx) -> Task<absl::Status> {
                co_await Try(cx.Yield());
                if (target->done()) order.push_back('!');
                target->Cancel();
                co_return absl::OkStatus();
              });
            }),
            5u);
}

TEST(ClassesTest, TimersDueTogetherCommuteUnlessTheirTasksDoNot) {
  EXPECT_EQ(Classes([](LabRuntime& runtime, std::string&) {
              for (int i = 0; i < 3; ++i) {
                runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
                  co_await Try(cx.Sleep(absl::Seconds(1)));
                  co_return co_await cx.Sleep(absl::Seconds(1));
                });
              }
            }),
            1u);
  Mutex mutex;
  EXPECT_EQ(Classes([&](LabRuntime& runtime, std::string& order) {
              for (char letter : {'a', 'b', 'c'}) {
                runtime.SpawnRoot([&, letter](Cx& cx) -> Task<absl::Status> {
                  co_await Try(cx.SleepUntil(absl::FromUnixSeconds(1)));
                  co_return co_await LockTimes(cx, mutex, 1, letter, order);
                });
              }
            }),
            6u);
}

}  // namespace
}  // namespace asupersync
