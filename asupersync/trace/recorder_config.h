// RecorderConfig says what a Recorder records.
//
//   auto config = RecorderConfig::Enabled().WithCapacity(10'000).WithRng(true);
//   auto flight = RecorderConfig::Enabled().WithMaxEvents(
//       1000, LimitPolicy::kDropOldest);  // the last 1000 events
//
// Determinism: what is recorded never changes what is executed, but for
// LimitPolicy::kFail, which ends the execution at the limit.
#ifndef ASUPERSYNC_TRACE_RECORDER_CONFIG_H_
#define ASUPERSYNC_TRACE_RECORDER_CONFIG_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "asupersync/trace/block_storage.h"

namespace asupersync {

// What happens when a recording reaches its limit. Each leaves a mark in the
// trace: TraceSummary::limit, and ReplayTrace::first_index() for kDropOldest.
enum class LimitPolicy : uint8_t {
  // The trace ends there, the execution goes on.
  kStop,
  // A flight recorder: the oldest events are dropped, the last ones stay.
  kDropOldest,
  // The trace ends there, Recorder::status() says so, and the runtime is asked
  // to stop.
  kFail,
};

struct RecorderConfig {
  bool enabled = false;
  // So many events can have memory reserved for them, 192 MiB.
  static constexpr size_t kCapacityMax = size_t{1} << 26;

  // Events to reserve memory for, before the first is recorded. Not a limit:
  // recording goes on beyond it. More than kCapacityMax are as kCapacityMax.
  size_t initial_capacity = 0;
  // RngValue events.
  bool record_rng = true;
  // WakerWake and WakerBatchWake events.
  bool record_wakers = true;
  // ObjectAccessed events (9 bytes and more for each shared access).
  bool record_accesses = false;
  // The most events that a trace holds; 0 = no limit. Exact, but with
  // kDropOldest in what a process that died leaves: there may be more then, for
  // a file loses whole blocks.
  uint64_t max_events = 0;
  // The most bytes of rows that are kept in memory; 0 = no limit. With
  // kDropOldest the block before the open one is kept in any case, each of them
  // of at least BlockStorage::kBytesMin, and whole blocks are dropped.
  size_t max_bytes = 0;
  LimitPolicy limit_policy = LimitPolicy::kStop;
  // Where the events are kept; null = on the heap. Of one recorder at a time.
  std::shared_ptr<BlockStorage> storage;

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

  // Both limits may be given; the policy given last holds for both.
  RecorderConfig WithMaxEvents(uint64_t events, LimitPolicy policy) const {
    RecorderConfig config = *this;
    config.max_events = events;
    config.limit_policy = policy;
    return config;
  }
  RecorderConfig WithMaxBytes(size_t bytes, LimitPolicy policy) const {
    RecorderConfig config = *this;
    config.max_bytes = bytes;
    config.limit_policy = policy;
    return config;
  }
  RecorderConfig WithStorage(std::shared_ptr<BlockStorage> blocks) const {
    RecorderConfig config = *this;
    config.storage = std::move(blocks);
    return config;
  }

  friend bool operator==(const RecorderConfig&,
                         const RecorderConfig&) = default;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TRACE_RECORDER_CONFIG_H_
