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

// Fails if a task runs and is not `owner`, which may be gone, whose random
// stream from `where` is used.
void CheckStreamUse(const TaskNode* owner, std::source_location where);

// `running` asks, at `where`, a task of another runtime to end.
[[noreturn]] void FailForeignCancel(const TaskNode& running,
                                    const TaskNode& asked,
                                    std::source_location where);

// `running` destroys the CancelMask that `masked` made at `site`.
[[noreturn]] void FailForeignMask(const TaskNode& running,
                                  const TaskNode& masked,
                                  std::source_location site);

// `running` ends the wait of a task of another runtime.
[[noreturn]] void FailForeignWake(const TaskNode& running,
                                  const TaskNode& woken);

}  // namespace task_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_MISUSE_H_
