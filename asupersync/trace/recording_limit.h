// RecordingLimit says what a limit of the recording did to a trace.
//
// Determinism: values. The numbers are part of the file format.
#ifndef ASUPERSYNC_TRACE_RECORDING_LIMIT_H_
#define ASUPERSYNC_TRACE_RECORDING_LIMIT_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace asupersync {

enum class RecordingLimit : uint8_t {
  kNone = 0,     // nothing: all events are there
  kStopped = 1,  // the trace ends before the execution does
  kDropped = 2,  // the first events are not there
  kFailed = 3,   // the execution was ended with the trace
  kNoRoom = 4,   // as kStopped, because the storage was full
};

// "stopped at its limit" etc.; empty for kNone.
absl::string_view ToString(RecordingLimit limit);

}  // namespace asupersync

#endif  // ASUPERSYNC_TRACE_RECORDING_LIMIT_H_
