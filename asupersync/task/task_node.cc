#include "asupersync/task/task_node.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "asupersync/task/execution_context.h"
#include "asupersync/trace/fingerprint.h"

namespace asupersync {

TaskNode::~TaskNode() {
  // The last handle may go in the very step that joined.
  FoataFingerprint* fingerprint = execution_context.fingerprint;
  if (fingerprint != nullptr) fingerprint->Forget(completion);
}

std::string TaskNode::DisplayName() const {
  if (extras == nullptr || extras->name.empty()) {
    return absl::StrCat("T", compact);
  }
  return absl::StrCat("T", compact, " '", extras->name, "'");
}

}  // namespace asupersync
