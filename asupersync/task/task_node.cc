#include "asupersync/task/task_node.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asupersync/base/place.h"
#include "asupersync/task/execution_context.h"
#include "asupersync/trace/fingerprint.h"

namespace asupersync {

TaskNode::~TaskNode() {
  // The last handle may go in the very step that joined.
  FoataFingerprint* fingerprint = execution_context.fingerprint;
  if (fingerprint != nullptr) fingerprint->Forget(foata);
}

std::string TaskNode::DisplayOrigin() const {
  return absl::StrCat(DisplayName(), ", spawned at ", PlaceOf(spawned_at));
}

void TaskNode::Refuse(absl::Status error) {
  Extras().refused = std::move(error);
  state = State::kDone;
  outcome = OutcomeKind::kErr;
  DropFunction();
}

}  // namespace asupersync
