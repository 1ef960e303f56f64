#include "asupersync/trace/recording_limit.h"

namespace asupersync {

absl::string_view ToString(RecordingLimit limit) {
  switch (limit) {
    case RecordingLimit::kNone:
      return "";
    case RecordingLimit::kStopped:
      return "stopped at its limit";
    case RecordingLimit::kDropped:
      return "dropped the first events at its limit";
    case RecordingLimit::kFailed:
      return "failed at its limit";
    case RecordingLimit::kNoRoom:
      return "stopped for lack of room";
  }
  return "reached a limit of a kind that this version does not know";
}

}  // namespace asupersync
