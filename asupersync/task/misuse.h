#ifndef ASUPERSYNC_TASK_MISUSE_H_
#define ASUPERSYNC_TASK_MISUSE_H_

#include <source_location>

#include "asupersync/task/region_node.h"
#include "asupersync/task/task_node.h"

// What a runtime says, and ends the program by, when it is used in a way that
// cannot go well: who, where, and what to do instead. Internal.

namespace asupersync {
namespace task_internal {

// `running` uses, at `where`, the Cx of `owner`, which may be gone: it is named
// only if it is a task of `root` or of a region below.
[[noreturn]] void FailForeignCx(const TaskNode& running, const TaskNode* owner,
                                const RegionNode& root,
                                std::source_location where);

// `task` uses, at `where`, the Cx of a scope that is over.
[[noreturn]] void FailUseAfterScope(const TaskNode& task,
                                    const RegionNode& region,
                                    std::source_location where);

// `running` ends the wait of a task of another runtime.
[[noreturn]] void FailForeignWake(const TaskNode& running,
                                  const TaskNode& woken);

}  // namespace task_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_MISUSE_H_
