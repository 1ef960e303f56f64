// A Cx belongs to one task and, in a Scope, to one region: any other use of it
// ends with a message that names the places.
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/capability.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/obligation.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/sleep.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/task_local.h"
#include "asupersync/task/try.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

const TaskLocal<int> kLocal(0);

// One way to use a Cx.
struct Use {
  const char* name;
  std::function<void(Cx& cx)> run;
};

void PrintTo(const Use& use, std::ostream* os) { *os << use.name; }

std::vector<Use> Uses() {
  return {
      {"Spawn", [](Cx& cx) { cx.Spawn([](Cx&) -> Task<> { co_return; }); }},
      {"Sleep", [](Cx& cx) { (void)cx.Sleep(absl::Seconds(1)); }},
      {"SleepUntil", [](Cx& cx) { (void)cx.SleepUntil(absl::UnixEpoch()); }},
      {"Yield", [](Cx& cx) { (void)cx.Yield(); }},
      {"Checkpoint", [](Cx& cx) { (void)cx.Checkpoint(); }},
      {"Charge", [](Cx& cx) { (void)cx.Charge(1); }},
      {"AddFinalizer", [](Cx& cx) { cx.AddFinalizer([] {}); }},
      {"Restrict", [](Cx& cx) { (void)cx.Restrict(Capability::kTime); }},
      {"Random", [](Cx& cx) { (void)cx.Random(); }},
      {"RandomBelow", [](Cx& cx) { (void)cx.RandomBelow(2); }},
      {"Trace", [](Cx& cx) { cx.Trace("text"); }},
      {"CancelMask", [](Cx& cx) { CancelMask mask(cx); }},
      {"TaskLocal", [](Cx& cx) { (void)kLocal.Get(cx); }},
      {"Mutex", [](Cx& cx) { (void)Mutex().Lock(cx); }},
      {"Channel",
       [](Cx& cx) { (void)mpsc::Channel<int>(1).receiver.Recv(cx); }},
      {"Obligation",
       [](Cx& cx) {
         SharedObject object("object");
         const Obligation lease(cx, ObligationKind::kLease, object.id(),
                                std::source_location::current());
       }},
  };
}

// Runs `body` as the task T1 'user' of a runtime.
template <class F>
void RunTask(F&& body) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot("user", std::forward<F>(body));
  runtime.RunUntilQuiescent();
}

class CxMisuseDeathTest : public ::testing::TestWithParam<Use> {};

TEST_P(CxMisuseDeathTest, TheCxOfAnotherTaskIsRefused) {
  EXPECT_DEATH(RunTask([](Cx& outer) -> Task<absl::Status> {
                 auto child = outer.Spawn("child", [&](Cx&) -> Task<> {
                   GetParam().run(outer);
                   co_return;
                 });
                 co_return (co_await child.Join(outer)).status();
               }),
               "cx_misuse_test.cc:[0-9]+: T2 'child', spawned at "
               ".*cx_misuse_test.cc:[0-9]+, uses the Cx of T1 'user', spawned "
               "at .*cx_misuse_test.cc:[0-9]+; pass each task its own Cx");
}

TEST_P(CxMisuseDeathTest, TheCxOfAScopeThatIsOverIsRefused) {
  EXPECT_DEATH(RunTask([](Cx& outer) -> Task<absl::Status> {
                 Cx* escaped = nullptr;
                 co_await Try(Scope(outer, {.name = "inner"},
                                    [&](Cx& cx) -> Task<absl::Status> {
                                      escaped = &cx;
                                      co_return absl::OkStatus();
                                    }));
                 GetParam().run(*escaped);
                 co_return absl::OkStatus();
               }),
               "cx_misuse_test.cc:[0-9]+: T1 'user' uses the Cx of region R2 "
               "'inner', opened at .*cx_misuse_test.cc:[0-9]+, which is "
               "closed; a scope's Cx must not be used after the scope");
}

INSTANTIATE_TEST_SUITE_P(Each, CxMisuseDeathTest, ::testing::ValuesIn(Uses()),
                         [](const auto& info) { return info.param.name; });

// Opens and ends a scope; gives its Cx.
Task<Cx*> EndAScope(Cx& cx) {
  co_return co_await Scope(cx, [](Cx& cx) -> Task<Cx*> { co_return &cx; });
}

TEST(CxMisuseDeathTest, AScopeIsRememberedForManyOthers) {
  EXPECT_DEATH(RunTask([](Cx& cx) -> Task<> {
                 Cx* const escaped = co_await EndAScope(cx);
                 for (std::size_t i = 0; i < Runtime::kEndedRegionsMax; ++i) {
                   co_await EndAScope(cx);
                 }
                 (void)escaped->Yield();
               }),
               "T1 'user' uses the Cx of region R2, ");
}

// Under AddressSanitizer this shows that no freed memory is read.
TEST(CxMisuseTest, AScopeThatIsForgottenIsNoFreedMemory) {
  int uses = 0;
  RunTask([&](Cx& cx) -> Task<> {
    Cx* const escaped = co_await EndAScope(cx);
    for (std::size_t i = 0; i < Runtime::kEndedRegionsMax; ++i) {
      co_await EndAScope(cx);
    }
    co_await Scope(cx, [&](Cx& later) -> Task<> {
      // What escaped stands for this scope now.
      EXPECT_EQ(escaped, &later);
      uses += escaped->Checkpoint().ok();
      co_return;
    });
  });
  EXPECT_EQ(uses, 1);
}

// g++ 12 does not compile these two: it copies what an lvalue is awaited of.
#ifdef __clang__

TEST(CxMisuseDeathTest, ALockCannotBeTakenForAScopeThatIsOver) {
  EXPECT_DEATH(RunTask([](Cx& cx) -> Task<absl::Status> {
                 Mutex mutex;
                 std::unique_ptr<LockOperation> lock;
                 co_await Try(Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
                   lock.reset(new LockOperation(mutex.Lock(cx)));
                   co_return absl::OkStatus();
                 }));
                 co_return (co_await *lock).status();
               }),
               "cx_misuse_test.cc:[0-9]+: T1 'user' uses the Cx of region R2, "
               "opened at .*, which is closed");
}

TEST(CxMisuseDeathTest, AnOperationIsAwaitedByTheTaskThatMadeIt) {
  EXPECT_DEATH(RunTask([](Cx& outer) -> Task<absl::Status> {
                 std::unique_ptr<YieldOperation> yield(
                     new YieldOperation(outer.Yield()));
                 auto child =
                     outer.Spawn("child", [&](Cx&) -> Task<absl::Status> {
                       co_return co_await *yield;
                     });
                 co_return (co_await child.Join(outer)).status();
               }),
               "T2 'child', spawned at .*cx_misuse_test.cc:[0-9]+, awaits an "
               "operation that T1 'user', spawned at "
               ".*cx_misuse_test.cc:[0-9]+, made at "
               ".*cx_misuse_test.cc:[0-9]+; pass each task its own Cx");
}

#endif  // __clang__

}  // namespace
}  // namespace asupersync
