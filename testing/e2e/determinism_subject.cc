// The program that determinism_test runs: each test depends, in its own way, on
// something that the seed does not decide.
#include <atomic>
#include <chrono>
#include <memory>
#include <new>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

constexpr int kTimes = 64;

LAB_TEST(Depends, OnTheClock) {
  for (int i = 0; i < kTimes; ++i) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    if (now.count() % 7 < 3) co_await Try(cx.Yield());
    cx.Trace("went on");
  }
  co_return absl::OkStatus();
}

LAB_TEST(Depends, OnAnAllowedClock) {
  AllowAmbient allow("to see the check find it");
  for (int i = 0; i < kTimes; ++i) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    if (now.count() % 7 < 3) co_await Try(cx.Yield());
    cx.Trace("went on");
  }
  co_return absl::OkStatus();
}

LAB_TEST(Depends, OnRandomNumbers) {
  std::random_device device;
  for (int i = 0; i < kTimes; ++i) {
    if (device() % 2 == 0) co_await Try(cx.Yield());
    cx.Trace("went on");
  }
  co_return absl::OkStatus();
}

LAB_TEST(Depends, OnAThread) {
  constexpr int kTurns = 200'000;
  std::atomic<int> turns = 0;
  std::thread other([&] {
    while (turns < kTurns) ++turns;
  });
  int yields = 0;
  while (turns < kTurns) {
    ++yields;
    co_await Try(cx.Yield());
  }
  other.join();
  cx.Trace(absl::StrCat(yields, " yields"));
  co_return absl::OkStatus();
}

struct Node {
  explicit Node(int n) : number(n) {}
  int number;
};

std::vector<std::unique_ptr<Node>> MakeNodes(int count) {
  std::vector<std::unique_ptr<Node>> nodes;
  for (int i = 0; i < count; ++i) nodes.push_back(std::make_unique<Node>(i));
  return nodes;
}

LAB_TEST(Depends, OnTheOrderOfAddresses) {
  const auto nodes = MakeNodes(3);
  std::set<Node*> by_address;
  for (const auto& node : nodes) by_address.insert(node.get());
  for (Node* node : by_address) {
    cx.Spawn(absl::StrCat("node ", node->number),
             [](Cx& cx) -> Task<absl::Status> {
               co_return co_await cx.Yield();
             });
  }
  co_return absl::OkStatus();
}

// All frames live when the set is walked: the innermost does it.
Task<absl::Status> Walk(Cx& cx, int depth, std::set<int*>* by_address) {
  int number = depth;
  by_address->insert(&number);
  if (depth > 0) {
    co_await Try(Walk(cx, depth - 1, by_address));
  } else {
    for (int* place : *by_address) cx.Trace(absl::StrCat("depth ", *place));
  }
  co_return absl::OkStatus();
}

LAB_TEST(Depends, OnTheAddressesOfFrames) {
  std::set<int*> by_address;
  co_return co_await Walk(cx, 3, &by_address);
}

LAB_TEST(Depends, OnAHashOfAddresses) {
  const auto nodes = MakeNodes(16);
  std::unordered_map<Node*, int> number_of;
  for (const auto& node : nodes) number_of[node.get()] = node->number;
  for (const auto& [node, number] : number_of) {
    cx.Trace(absl::StrCat("node ", number));
  }
  co_return absl::OkStatus();
}

// absl gives each table another order, by a counter. An alias, because walking
// a hash table is what tools/tidy looks for.
using Table = absl::flat_hash_set<int>;

LAB_TEST(Depends, OnTheOrderOfAHashTable) {
  Table numbers;
  for (int i = 0; i < 20; ++i) numbers.insert(i);
  for (int number : numbers) cx.Trace(absl::StrCat("number ", number));
  co_return absl::OkStatus();
}

LAB_TEST(Depends, OnUninitialisedMemory) {
  auto* const numbers = static_cast<volatile int*>(::operator new(200));
  const int number = numbers[30];
  ::operator delete(const_cast<int*>(numbers));
  cx.Trace(absl::StrCat("read ", number));
  co_return absl::OkStatus();
}

LAB_TEST(Depends, OnStaticState) {
  static int executions = 0;
  cx.Trace(absl::StrCat("execution ", ++executions));
  co_return absl::OkStatus();
}

LAB_TEST(Depends, OnStaticStateUnseen) {
  static int executions = 0;
  EXPECT_EQ(++executions, 1) << "in a later execution";
  co_return co_await cx.Yield();
}

LAB_TEST(Depends, OnStaticStateInASweep, Explore::Sweep(20)) {
  static int executions = 0;
  if (++executions == 10) cx.Trace("the tenth");
  co_return co_await cx.Yield();
}

LAB_TEST(Depends, OnTheSeedAlone) {
  auto [tx, rx] = mpsc::Channel<int>(2);
  for (int i = 0; i < 3; ++i) {
    cx.Spawn([i, tx = tx](Cx& cx) mutable -> Task<absl::Status> {
      co_await Try(cx.Sleep(absl::Milliseconds(cx.RandomBelow(3))));
      co_return co_await tx.Send(cx, i);
    });
  }
  for (int i = 0; i < 3; ++i) {
    cx.Trace(absl::StrCat("received ", co_await Try(rx.Recv(cx))));
  }
  co_return absl::OkStatus();
}

LAB_TEST(Depends, OnTheSeedAndFails) {
  CO_ASSERT_EQ(cx.RandomBelow(1), 1u) << "each time";
  co_return absl::OkStatus();
}

LAB_TEST(Depends, OnTheSeedInASweep, Explore::Sweep(20)) {
  if (cx.RandomBelow(2) == 0) co_await Try(cx.Yield());
  co_return co_await cx.Yield();
}

class Classic : public LabTest {};

TEST_F(Classic, RunsOnce) {
  runtime().SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Yield();
  });
  runtime().RunUntilQuiescent();
}

}  // namespace
}  // namespace asupersync
