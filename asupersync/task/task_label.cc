#include "asupersync/task/task_label.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace asupersync {

std::string TaskLabel::ToString() const {
  if (!id.IsValid()) return "no task";
  if (name == nullptr) return absl::StrCat("T", id.AsRaw());
  return absl::StrCat("T", id.AsRaw(), " '", *name, "'");
}

}  // namespace asupersync
