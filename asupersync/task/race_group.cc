#include "asupersync/task/race_group.h"

#include "asupersync/task/execution_context.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/runtime_observer.h"

namespace asupersync {

RaceGroup::~RaceGroup() {
  Runtime* runtime = execution_context.runtime;
  if (runtime != nullptr && runtime->observer() != nullptr) {
    runtime->observer()->OnRaceOver(*this);
  }
  for (TaskNode* branch : branches_) {
    // What the losers came to does not matter, short of an exception.
    if (branch->state == TaskNode::State::kDone &&
        branch->outcome == OutcomeKind::kErr) {
      branch->MarkFailureSeen();
    }
    branch->Unref();
  }
}

void RaceGroup::Add(TaskNode& branch) {
  branch.Ref();
  branches_.push_back(&branch);
}

}  // namespace asupersync
