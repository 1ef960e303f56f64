#include "asupersync/task/task_label.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace asupersync {

std::string TaskLabel::ToString() const {
  if (!id.IsValid()) return "no task";
  if (name == nullptr) return absl::StrCat("T", id.AsRaw());
  return absl::StrCat("T", id.AsRaw(), " '", *name, "'");
}

void RunningTasks::Add(const TaskLabel& task) {
  if (full()) return;
  absl::StrAppend(&names_, count_ == 0 ? "" : ", ",
                  count_ == kShownMax ? "..." : task.ToString());
  ++count_;
}

std::string RunningTasks::ToString() const {
  if (count_ == 0) return "";
  return absl::StrCat(names_, count_ == 1 ? " runs" : " run");
}

}  // namespace asupersync
