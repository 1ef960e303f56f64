// ByteStream on a runtime: what arrives, in which pieces, and what does not.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "asupersync/base/outcome.h"
#include "asupersync/io/byte_stream.h"
#include "asupersync/lab/chaos_config.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/replay/replay_source.h"
#include "asupersync/task/capability.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/replay_trace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::uint64_t kSeeds = 100;

std::string Text(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text.push_back(static_cast<char>('a' + i % 26));
  }
  return text;
}

TEST(ByteStreamInLabTest, ClosingAnEndEndsWhatWaitsThere) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    auto [a, b] = io::Connect(4);
    auto reader =
        runtime.SpawnRoot([&b = b](Cx& cx) { return b.ReadToEnd(cx); });
    auto writer = runtime.SpawnRoot(
        [&b = b](Cx& cx) { return b.WriteAll(cx, "too much"); });
    auto closer = runtime.SpawnRoot([&a = a, &b = b](Cx& cx)
                                        -> Task<absl::Status> {
      co_await Try(cx.Sleep(absl::Seconds(1)));
      b.CloseWrite();
      co_await Try(cx.Sleep(absl::Seconds(1)));
      b.Close();
      // The other end learns what it always did.
      EXPECT_EQ(co_await Try(a.ReadToEnd(cx)), "too ");
      EXPECT_TRUE(absl::IsFailedPrecondition(co_await a.WriteAll(cx, "x")));
      co_return absl::OkStatus();
    });
    const RunResult result = runtime.RunUntilQuiescent();
    ASSERT_TRUE(result.quiescent()) << result.report;
    EXPECT_TRUE(closer.TakeOutcome().ok());
    EXPECT_EQ(writer.TakeOutcome().status(),
              absl::FailedPreconditionError(
                  "this end of the byte stream was closed for writing"));
    EXPECT_EQ(reader.TakeOutcome().status(),
              absl::FailedPreconditionError(
                  "this end of the byte stream was closed"));
  }
}

TEST(ByteStreamInLabTest, EveryByteArrivesOnceAndInOrder) {
  for (YieldPolicy policy :
       {YieldPolicy::kEveryOperation, YieldPolicy::kWhenBlocked}) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      LabRuntime runtime(LabConfig(seed).WithYieldPolicy(policy));
      auto [a, b] = io::Connect(7);
      auto written = runtime.SpawnRoot(
          [a = std::move(a)](Cx& cx) mutable -> Task<absl::Status> {
            const std::string text = Text(100);
            co_await Try(a.WriteAll(cx, text));
            a.CloseWrite();
            // The other direction works on.
            EXPECT_EQ(co_await Try(a.ReadToEnd(cx)), "thanks");
            co_return absl::OkStatus();
          });
      auto read = runtime.SpawnRoot(
          [b = std::move(b)](Cx& cx) mutable -> Task<absl::Status> {
            EXPECT_EQ(co_await Try(b.ReadExactly(cx, 30)), Text(30));
            EXPECT_EQ(co_await Try(b.ReadToEnd(cx)), Text(100).substr(30));
            co_return co_await b.WriteAll(cx, "thanks");
          });
      ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
      EXPECT_TRUE(written.TakeOutcome().ok());
      EXPECT_TRUE(read.TakeOutcome().ok());
      runtime.Conclude();
      EXPECT_TRUE(runtime.violations().empty());
    }
  }
}

TEST(ByteStreamInLabTest, AReadMayGiveLessThanThereIs) {
  std::set<std::size_t> sizes;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      auto [a, b] = io::Connect(100);
      co_await Try(a.WriteAll(cx, "12345678"));
      char buffer[8];
      sizes.insert(co_await Try(b.Read(cx, absl::MakeSpan(buffer))));
      co_return absl::OkStatus();
    });
    ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
  }
  EXPECT_EQ(sizes, (std::set<std::size_t>{1, 4, 8}));
}

// A choice between equal answers would be explored twice.
TEST(ByteStreamInLabTest, NoTwoAnswersOfAChoiceAreTheSame) {
  for (std::size_t there = 2; there <= 6; ++there) {
    std::set<std::size_t> sizes;
    std::size_t answers = 0;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      LabRuntime runtime(LabConfig(seed).WithDefaultReplayRecording());
      runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
        auto [a, b] = io::Connect(100);
        co_await Try(a.WriteAll(cx, Text(there)));
        char buffer[8];
        sizes.insert(co_await Try(b.Read(cx, absl::MakeSpan(buffer))));
        co_return absl::OkStatus();
      });
      ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
      const ReplayTrace trace = *runtime.TakeReplayTrace();
      for (const EventRecord& record : trace.events()) {
        const auto* choice = std::get_if<Choice>(&record.event);
        if (choice == nullptr) continue;
        answers = std::max<std::size_t>(answers, choice->of);
      }
    }
    EXPECT_EQ(answers, sizes.size()) << there;
  }
}

TEST(ByteStreamInLabTest, ClosingIsTheEndForTheReaderAndAnErrorForTheWriter) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    auto [a, b] = io::Connect(4);
    auto reader = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      char buffer[4];
      EXPECT_EQ(co_await Try(a.Read(cx, absl::MakeSpan(buffer))), 0u);
      co_return absl::OkStatus();
    });
    auto writer = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      co_return co_await a.WriteAll(cx, "more than fits");
    });
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      co_await Try(cx.Yield());
      b.Close();
      b.Close();
      co_return absl::OkStatus();
    });
    ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_TRUE(reader.TakeOutcome().ok());
    EXPECT_EQ(writer.TakeOutcome().status().code(),
              absl::StatusCode::kFailedPrecondition);
  }
}

TEST(ByteStreamInLabTest, AStreamThatEndsTooEarlyIsOutOfRange) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    auto [a, b] = io::Connect(100);
    co_await Try(a.WriteAll(cx, "abc"));
    a.Close();
    absl::StatusOr<std::string> text = co_await b.ReadExactly(cx, 5);
    EXPECT_EQ(text.status(), absl::OutOfRangeError(
                                 "the byte stream ended after 3 of 5 bytes"));
    co_return absl::OkStatus();
  });
  ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
}

TEST(ByteStreamInLabTest, ACancelledOperationHasMovedNothing) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    LabRuntime runtime{LabConfig(seed).WithDefaultReplayRecording()};
    auto [a, b] = io::Connect(2);
    std::string got;
    auto reader = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      for (;;) {
        char buffer[2];
        const std::size_t size =
            co_await Try(b.Read(cx, absl::MakeSpan(buffer)));
        if (size == 0) co_return absl::OkStatus();
        got.append(buffer, size);
      }
    });
    std::size_t taken = 0;
    auto writer = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      const std::string text = Text(10);
      while (taken < text.size()) {
        taken += co_await Try(a.Write(cx, text.substr(taken)));
      }
      co_return absl::OkStatus();
    });
    runtime.StepN(seed % 25);
    runtime.Cancel(writer);
    (void)runtime.RunUntilQuiescent();
    a.Close();
    ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(got, Text(10).substr(0, taken)) << seed;
    EXPECT_TRUE(runtime.obligations().empty());
  }
}

TEST(ByteStreamInLabTest, InjectedErrorsAreEventsAndAreReplayed) {
  int failed = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const LabConfig config =
        LabConfig(seed).WithDefaultReplayRecording().WithChaos(
            ChaosConfig::Off().With(ChaosKind::kIoError, 0.2));
    const auto program = [](Cx& cx) -> Task<absl::Status> {
      auto [a, b] = io::Connect(4);
      co_await Try(a.WriteAll(cx, "abcd"));
      EXPECT_EQ(co_await Try(b.ReadExactly(cx, 4)), "abcd");
      co_return absl::OkStatus();
    };
    LabRuntime runtime(config);
    auto handle = runtime.SpawnRoot(program);
    ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
    const ReplayTrace trace = *runtime.TakeReplayTrace();
    const Outcome<void> outcome = handle.TakeOutcome();
    failed += !outcome.ok();
    if (!outcome.ok()) {
      EXPECT_THAT(outcome.status().ToString(),
                  AllOf(HasSubstr("byte_stream_in_lab_test.cc"),
                        HasSubstr("failed: injected by chaos")));
    }
    int errors = 0;
    for (const EventRecord& record : trace.events()) {
      errors += std::holds_alternative<IoError>(record.event);
    }
    EXPECT_EQ(errors, outcome.ok() ? 0 : 1);
    LabRuntime again(config.WithSeeds(DeriveSeeds(seed + 1000, "")));
    ReplayChoiceSource source(trace);
    again.DriveBy(source, &source);
    auto replayed = again.SpawnRoot(program);
    (void)again.RunUntilQuiescent();
    EXPECT_EQ(source.Finish(again.certificate(), again.fingerprint().value()),
              ReplayVerdict::kIdentical);
    EXPECT_EQ(replayed.TakeOutcome().status(), outcome.status());
  }
  EXPECT_GT(failed, 20);
  EXPECT_LT(failed, 95);
}

TEST(ByteStreamInLabTest, WithoutTheCapabilityItIsDenied) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([](Cx& outer) -> Task<absl::Status> {
    Cx cx = outer.Restrict(Capability::kSpawn | Capability::kTime);
    auto [a, b] = io::Connect(4);
    EXPECT_THAT((co_await a.WriteAll(cx, "x")).ToString(),
                AllOf(HasSubstr("PERMISSION_DENIED"), HasSubstr("must not "
                                                                "write")));
    char buffer[4];
    EXPECT_EQ((co_await b.Read(cx, absl::MakeSpan(buffer))).status().code(),
              absl::StatusCode::kPermissionDenied);
    co_return absl::OkStatus();
  });
  ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
}

TEST(ByteStreamInLabTest, ADeadlockSaysWhoReadsAndWhoWrites) {
  LabRuntime runtime(LabConfig(1));
  auto [a, b] = io::Connect(2);
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return co_await a.WriteAll(cx, "abc");
  });
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    char buffer[1];
    co_return (co_await a.Read(cx, absl::MakeSpan(buffer))).status();
  });
  const RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
  EXPECT_THAT(result.report,
              AllOf(HasSubstr("T1 waits to write to byte stream (capacity 2, "
                              "full)"),
                    HasSubstr("T2 waits to read from byte stream")));
}

void TwoTasksReadFromOneEnd() {
  LabRuntime runtime(LabConfig(1));
  auto [a, b] = io::Connect(2);
  for (int i = 0; i < 2; ++i) {
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      char buffer[1];
      co_return (co_await a.Read(cx, absl::MakeSpan(buffer))).status();
    });
  }
  (void)runtime.RunUntilQuiescent();
}

void WritesAfterClosing() {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    auto [a, b] = io::Connect(2);
    a.CloseWrite();
    co_return co_await a.WriteAll(cx, "x");
  });
  (void)runtime.RunUntilQuiescent();
}

TEST(ByteStreamInLabDeathTest, MisuseNamesThePlaces) {
  EXPECT_DEATH(
      (void)io::Connect(0),
      "byte_stream_in_lab_test.cc:[0-9]+: .*needs a capacity of at least 1");
  EXPECT_DEATH(
      TwoTasksReadFromOneEnd(),
      "byte_stream_in_lab_test.cc:[0-9]+: T[12] tries to read from a byte "
      "stream while T[12] waits to do so at .*byte_stream_in_lab_test.cc");
  EXPECT_DEATH(WritesAfterClosing(),
               "byte_stream_in_lab_test.cc:[0-9]+: a ByteStream was written to "
               "after CloseWrite");
}

TEST(ByteStreamInLabTest, ARuntimeMayBeDestroyedWhileTasksWait) {
  for (int steps = 0; steps < 8; ++steps) {
    LabRuntime runtime(LabConfig(1));
    runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
      auto [a, b] = io::Connect(2);
      co_await Try(a.WriteAll(cx, "abc"));
      co_return absl::OkStatus();
    });
    runtime.StepN(steps);
  }
}

}  // namespace
}  // namespace asupersync
