// RecorderConfig says what a Recorder records.
//
//   auto config = RecorderConfig::Enabled().WithCapacity(10'000).WithRng(true);
//
// Determinism: what is recorded never changes what is executed.
#ifndef ASUPERSYNC_TRACE_RECORDER_CONFIG_H_
#define ASUPERSYNC_TRACE_RECORDER_CONFIG_H_

#include <cstddef>

namespace asupersync {

struct RecorderConfig {
  bool enabled = false;
  // Events to reserve memory for. Not a limit: recording goes on beyond it.
  size_t initial_capacity = 0;
  // RngValue events.
  bool record_rng = true;
  // WakerWake and WakerBatchWake events.
  bool record_wakers = true;
  // ObjectAccessed events (9 bytes and more for each shared access).
  bool record_accesses = false;

  // Recording on, all of the above but accesses.
  static RecorderConfig Enabled() {
    RecorderConfig config;
    config.enabled = true;
    return config;
  }
  static RecorderConfig Disabled() { return RecorderConfig(); }

  RecorderConfig WithCapacity(size_t events) const {
    RecorderConfig config = *this;
    config.initial_capacity = events;
    return config;
  }
  RecorderConfig WithRng(bool record) const {
    RecorderConfig config = *this;
    config.record_rng = record;
    return config;
  }
  RecorderConfig WithWakers(bool record) const {
    RecorderConfig config = *this;
    config.record_wakers = record;
    return config;
  }
  RecorderConfig WithAccesses(bool record) const {
    RecorderConfig config = *this;
    config.record_accesses = record;
    return config;
  }

  friend bool operator==(const RecorderConfig&,
                         const RecorderConfig&) = default;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TRACE_RECORDER_CONFIG_H_
