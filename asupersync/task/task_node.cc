#include "asupersync/task/task_node.h"

#include "asupersync/task/execution_context.h"
#include "asupersync/trace/fingerprint.h"

namespace asupersync {

TaskNode::~TaskNode() {
  // The last handle may go in the very step that joined.
  FoataFingerprint* fingerprint = execution_context.fingerprint;
  if (fingerprint != nullptr) fingerprint->Forget(completion);
}

}  // namespace asupersync
