#include "asupersync/task/operation.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/fatal.h"
#include "asupersync/task/task_node.h"

namespace asupersync {

absl::Status Operation::CancelledStatus() const {
  return node_.cancel->ToStatus();
}

void Operation::ReportForeignCx() const {
  Fatal(absl::StrCat(site_.file_name(), ":", site_.line(),
                     ": an operation was made with the Cx of ",
                     node_.DisplayName(),
                     " but is awaited by another task; pass each task its own "
                     "Cx"));
}

}  // namespace asupersync
