#include "asupersync/task/operation.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/place.h"
#include "asupersync/task/execution_context.h"
#include "asupersync/task/task_node.h"

namespace asupersync {

absl::Status Operation::CancelledStatus() const {
  return Reason().ToStatus();
}

void Operation::ReportMoved() const {
  Fatal(absl::StrCat(
      PlaceOf(site_),
      ": an operation is awaited at another place than it was made: g++ 12 "
      "copies the operands of `co_await (c ? a : b)`; write if (c) co_await a; "
      "else co_await b; instead, and never move an operation"));
}

void Operation::ReportForeignCx() const {
  Fatal(absl::StrCat(execution_context.task->DisplayOrigin(),
                     ", awaits an operation that ", node_.DisplayOrigin(),
                     ", made at ", PlaceOf(site_),
                     "; pass each task its own Cx"));
}

}  // namespace asupersync
