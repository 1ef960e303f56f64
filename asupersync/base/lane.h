// Lane: which of a scheduler's queues a runnable task stands in.
//
// Determinism: a plain value; its numbers are in traces and never change.
#ifndef ASUPERSYNC_BASE_LANE_H_
#define ASUPERSYNC_BASE_LANE_H_

#include <cstdint>
#include <ostream>

namespace asupersync {

enum class Lane : uint8_t {
  kCancel = 0,  // was asked to end
  kTimed = 1,   // has a deadline in its budget
  kReady = 2,   // everything else
};

inline constexpr int kLaneCount = 3;

// "cancel", "timed", "ready"; "unknown" for other numbers.
constexpr const char* Name(Lane lane) {
  switch (lane) {
    case Lane::kCancel:
      return "cancel";
    case Lane::kTimed:
      return "timed";
    case Lane::kReady:
      return "ready";
  }
  return "unknown";
}

// Prints the name.
inline std::ostream& operator<<(std::ostream& os, Lane lane) {
  return os << Name(lane);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_LANE_H_
