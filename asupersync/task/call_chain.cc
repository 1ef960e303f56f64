#include "asupersync/task/call_chain.h"

#include "asupersync/base/fatal.h"

namespace asupersync {
namespace call_chain_internal {

void ReportForeignAwait() {
  Fatal(
      "a Task awaited something that suspends it but is not of this library, "
      "so nothing would resume it; await Tasks and operations that take a Cx. "
      "Or g++ 12 has miscompiled a condition that awaits, such as that of "
      "`if ((co_await x).ok())`, in a coroutine without variables; declare "
      "one: `absl::Status s = co_await x;`");
}

void ReportPromiseLayout() {
  Fatal(
      "this compiler places a promise's base class where it was not expected");
}

}  // namespace call_chain_internal
}  // namespace asupersync
