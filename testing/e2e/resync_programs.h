#ifndef ASUPERSYNC_TESTING_E2E_RESYNC_PROGRAMS_H_
#define ASUPERSYNC_TESTING_E2E_RESYNC_PROGRAMS_H_

#include <vector>

#include "asupersync/asupersync.h"

namespace asupersync {
namespace e2e {

// How resync_programs.cc was edited: it is compiled once for each.
enum ResyncEdit {
  kAsRecorded = 0,
  kNewYields = 1,
  kNewLogLines = 2,  // which are events, and move the lines below
  kNewTask = 3,
  kTaskRemoved = 4,
  kFunctionsRenamed = 5,
  kLinesMoved = 6,
  kNewOperations = 7,
  kMended = 8,  // the bug is not there any more
};

// A program with a bug that few schedules show.
struct ResyncProgram {
  const char* name;
  // Runs it to its end; whether the bug showed.
  bool (*fails)(LabRuntime& runtime);
};

// The same programs in the same order for every edit.
template <ResyncEdit kEdit>
std::vector<ResyncProgram> ResyncPrograms();

template <>
std::vector<ResyncProgram> ResyncPrograms<kAsRecorded>();
template <>
std::vector<ResyncProgram> ResyncPrograms<kNewYields>();
template <>
std::vector<ResyncProgram> ResyncPrograms<kNewLogLines>();
template <>
std::vector<ResyncProgram> ResyncPrograms<kNewTask>();
template <>
std::vector<ResyncProgram> ResyncPrograms<kTaskRemoved>();
template <>
std::vector<ResyncProgram> ResyncPrograms<kFunctionsRenamed>();
template <>
std::vector<ResyncProgram> ResyncPrograms<kLinesMoved>();
template <>
std::vector<ResyncProgram> ResyncPrograms<kNewOperations>();
template <>
std::vector<ResyncProgram> ResyncPrograms<kMended>();

}  // namespace e2e
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_E2E_RESYNC_PROGRAMS_H_
