// Programs that were edited after they were recorded: SUBJECT_CHANGE names the
// edit. Run by replay_divergence_test and replay_resync_test.
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "asupersync/testing/regression_traces.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// The driver runs this program in a folder with or without such files.
LAB_REGRESSION_TRACES("changed_traces/*.async");

bool Changed(const char* what) {
  const char* change = std::getenv("SUBJECT_CHANGE");
  return change != nullptr && std::string(change) == what;
}

// Every timer is late, so that each Sleep() has its ChaosInjection.
class Chaotic : public LabTest {
 protected:
  LabConfig ConfigureLab(LabConfig config) override {
    return config.WithChaos(
        ChaosConfig::Off().With(ChaosKind::kTimerJitter, 1.0));
  }
};

LAB_TEST_F(Chaotic, Sleeps) {
  if (Changed("chaos")) {
    co_await Try(cx.Yield());
  } else {
    co_await Try(cx.Sleep(absl::Milliseconds(1)));
  }
  co_return absl::OkStatus();
}

LAB_TEST(Sequential, Program) {
  Shared<int> first(0), second(0);
  if (Changed("random")) {
    co_await Try(cx.Yield());
  } else {
    (void)cx.RandomBelow(10);
    if (Changed("yield")) co_await Try(cx.Yield());
    if (Changed("draw")) (void)cx.RandomBelow(10);
    co_await Try(cx.Yield());
  }
  co_await Try(cx.Sleep(absl::Milliseconds(Changed("timer") ? 20 : 10)));
  Shared<int>& written = Changed("certificate") ? second : first;
  co_await Try(written.Write(cx, 1));
  auto [client, server] = io::Connect(64);
  co_await Try(client.WriteAll(cx, Changed("io") ? "pi" : "ping"));
  char buffer[8];
  co_await Try(server.Read(cx, absl::MakeSpan(buffer)));
  const auto empty = [](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Yield();
  };
  if (Changed("region")) {
    co_await Try(empty(cx));
  } else {
    co_await Try(Scope(cx, empty));
  }
  auto child = cx.Spawn("child", [](Cx&) -> Task<absl::Status> {
    if (Changed("outcome")) co_return absl::OkStatus();
    co_return absl::NotFoundError("nothing");
  });
  (void)co_await child.Join(cx);
  co_return absl::OkStatus();
}

LAB_TEST(Concurrent, Program) {
  Notify notify;
  auto waits = cx.Spawn("waits", [&](Cx& cx) -> Task<absl::Status> {
    if (!Changed("schedule")) co_return co_await cx.Yield();
    co_return co_await notify.Wait(cx);
  });
  for (int i = 0; i < 5; ++i) co_await Try(cx.Yield());
  notify.NotifyOne();
  co_return (co_await waits.Join(cx)).status();
}

Task<absl::Status> Sleeps(Cx& cx) {
  co_return co_await cx.Sleep(absl::Milliseconds(1));
}

class Classic : public LabTest {};

TEST_F(Classic, MovesTheClock) {
  runtime().SpawnRoot([](Cx& cx) { return Sleeps(cx); });
  runtime().RunUntilQuiescent();
  runtime().AdvanceTime(absl::Milliseconds(Changed("time") ? 6 : 5));
}

TEST_F(Classic, RunsOnce) {
  for (int i = 0; i < (Changed("length") ? 2 : 1); ++i) {
    runtime().SpawnRoot([](Cx& cx) { return Sleeps(cx); });
    runtime().RunUntilQuiescent();
  }
}

// The trace begins after three steps; which they were tells its certificate.
TEST_F(Classic, RecordsLate) {
  const auto yields = [](Cx& cx) -> Task<absl::Status> {
    for (int i = 0; i < 4; ++i) co_await Try(cx.Yield());
    co_return absl::OkStatus();
  };
  if (Changed("start")) runtime().SpawnRoot(yields);
  runtime().SpawnRoot(yields);
  runtime().SpawnRoot(yields);
  runtime().StepN(3);
  runtime().EnableRecording();
  runtime().RunUntilQuiescent();
}

// --- A bug that some schedules show: two deposits of which one is lost.

class Bank : public LabTest {
 protected:
  Task<absl::Status> Deposit(Cx& cx) {
    if (Changed("mended")) {
      co_return (co_await balance_.Update(cx, [](int& n) { ++n; }));
    }
    const int now = co_await Try(balance_.Read(cx));
    if (Changed("edited")) co_await Try(cx.Yield());
    co_return co_await balance_.Write(cx, now + 1);
  }

  Shared<int> balance_{0};
};

LAB_TEST_F(Bank, LosesNothing) {
  if (Changed("edited")) {
    cx.Spawn("auditor", [](Cx& cx) -> Task<absl::Status> {
      for (int i = 0; i < 3; ++i) co_await Try(cx.Yield());
      co_return absl::OkStatus();
    });
  }
  if (Changed("rewritten")) co_return absl::OkStatus();
  std::vector<TaskHandle<absl::Status>> deposits;
  for (int i = 0; i < 4; ++i) {
    deposits.push_back(cx.Spawn([this](Cx& cx) { return Deposit(cx); }));
  }
  for (auto& deposit : deposits) co_await Try(deposit.Join(cx));
  if (Changed("dies")) std::abort();
  if (Changed("throws")) throw std::runtime_error("no such account");
  // Rare: all but one are lost.
  CO_ASSERT_GT(balance_.unchecked(), 1);
  co_return absl::OkStatus();
}

}  // namespace
}  // namespace asupersync
