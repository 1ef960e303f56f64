#ifndef ASUPERSYNC_TESTING_DEBUGGER_LINE_H_
#define ASUPERSYNC_TESTING_DEBUGGER_LINE_H_

#include <string>

#include "asupersync/testing/execution_record.h"
#include "asupersync/testing/repro_lines.h"
#include "asupersync/testing/test_process.h"

namespace asupersync {
namespace testing_internal {

// The command that runs a failed execution again in gdb and stops at the start
// of the step in which it first failed, or of its last step if it failed
// outside any. By the manifest if there is one; else, and under Bazel, where it
// is another build, with debug information, by the seed. Empty: it took no
// step, or its determinism failed, which another run need not repeat.
std::string DebuggerLine(const TestProcess& process, const ReproRun& run,
                         const ManifestPlace& manifest,
                         const ExecutionRecord& record);

// The same for an execution that ends its process, which in gdb stops where it
// dies: no step needs to be named. With a determinism check it is by the seed,
// since the check executes more than once.
std::string DebuggerLineOfDeath(const TestProcess& process, const ReproRun& run,
                                const ManifestPlace& manifest);

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_DEBUGGER_LINE_H_
