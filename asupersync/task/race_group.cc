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
  for (TaskNode* branch : branches_) branch->Unref();
}

void RaceGroup::Add(TaskNode& branch) {
  branch.Ref();
  branches_.push_back(&branch);
}

}  // namespace asupersync
