// Coroutines in the forms in which `lab step` of tools/gdb/asupersync.py must
// find the line where they go on. The numbers of these lines stand in
// gdb_test.cc.
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"

namespace asupersync {
namespace {

Task<int> InOneLine(Cx& cx) { (void)co_await cx.Yield(); co_return 3; }

Task<absl::Status> OverLines(Cx& cx) {
  co_await Try(
      cx.Sleep(
          absl::Milliseconds(1)));
  co_return absl::OkStatus();
}

Task<absl::Status> InItsLastLine(Cx& cx) {
  (void)co_await cx.Yield();
  co_return co_await cx.Sleep(absl::Milliseconds(1)); }

LAB_TEST(GdbBodies, InOneLine) {
  EXPECT_EQ(co_await InOneLine(cx), 3);
  co_return absl::OkStatus();
}
LAB_TEST(GdbBodies, OverLines) { co_return co_await OverLines(cx); }
LAB_TEST(GdbBodies, InItsLastLine) { co_return co_await InItsLastLine(cx); }

}  // namespace
}  // namespace asupersync
