// ReadTraceBytes reads a trace file in every way that there is, and ends the
// process (Fatal()) where two ways contradict each other.
//
//   MemoryFile file;
//   file.Set(bytes);
//   const TraceReading reading = ReadTraceBytes(file.path());
//
// What is checked, whatever the bytes are:
// 1. Events come with indices that follow each other and ticks that never
//    descend, and nothing comes after an error.
// 2. ReadAll() says what iteration says; Recover() holds no event that
//    iteration does not give; both say that a file is not whole, or neither.
// 3. What Seek() and SeekTick() lead to are events that iteration gives.
// 4. What Recover() holds can be printed and, written and read again, is the
//    same trace.
//
// Determinism: a function of the bytes.
#ifndef ASUPERSYNC_REPLAY_FUZZ_READ_TRACE_BYTES_H_
#define ASUPERSYNC_REPLAY_FUZZ_READ_TRACE_BYTES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "asupersync/trace/event.h"

namespace asupersync {

struct TraceReading {
  absl::Status status;              // of opening or iterating
  std::vector<EventRecord> events;  // that iteration gave
  std::string recovered;            // TraceReader::recovered()
};

// Checks 1 to 3.
TraceReading ReadTraceBytes(const std::string& path);

// Check 4. `copy` is a path that is written, in a folder that may be written.
void CheckRewriting(const std::string& path, const std::string& copy);

// A folder for such copies: $TEST_TMPDIR or $TMPDIR or /tmp, and in that one
// of this process, which is left behind. Ends the process if there is none.
const std::string& ScratchFolder();

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_FUZZ_READ_TRACE_BYTES_H_
