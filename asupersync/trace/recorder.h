// Recorder turns what an execution does into a ReplayTrace.
//
//   Recorder recorder(RecorderConfig::Enabled());
//   recorder.metadata().seed = 42;
//   recorder.Record(TaskScheduled{task, tick}, recorder.Intern(location));
//   recorder.Record(TaskYielded{task}, site);
//   ReplayTrace trace = recorder.TakeTrace(certificate, fingerprint);
//
// Determinism: records, never decides. The trace depends on the calls alone,
// not on earlier executions of a reused recorder.
//
// Lifetime: owned by one runtime, used on its thread. A trace taken from it is
// independent of it.
//
// Invariants:
// 1. The bytes from the start of the open block to pos_ are whole rows of the
//    file format: an open block is a block payload at any moment.
// 2. A site's definition stands in the payload before the first event that
//    names it. Sites 1 .. sites_written_ are there.
// 3. pos_ < limit_ implies room for kEventBytesMax bytes, and for limit_ - pos_
//    events below RecorderConfig::max_events: no event takes less than a byte.
//    limit_ is null, and so every event takes the slow way, while there is no
//    open block or while an observer is set.
#ifndef ASUPERSYNC_TRACE_RECORDER_H_
#define ASUPERSYNC_TRACE_RECORDER_H_

#include <cassert>
#include <cstdint>
#include <source_location>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "asupersync/trace/block_storage.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/event_codec.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
#include "asupersync/trace/site_table.h"

namespace asupersync {

// Sees every recorded event as it happens.
class EventObserver {
 public:
  virtual ~EventObserver() = default;
  // Returns false to ask the runtime to stop after this event.
  virtual bool OnEvent(const EventRecord& record) = 0;
};

class Recorder {
 public:
  explicit Recorder(const RecorderConfig& config = RecorderConfig());
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  const RecorderConfig& config() const { return config_; }
  bool enabled() const { return config_.enabled; }

  // OK, or ResourceExhausted once LimitPolicy::kFail has met its limit.
  const absl::Status& status() const { return status_; }
  // What the limit has done so far.
  RecordingLimit limit() const { return limit_reached_; }

  // Whether Record() does anything: it records or someone observes.
  bool active() const { return active_; }

  // To be filled in by the runtime before TakeTrace(). What the recorder knows
  // (what is recorded, start of recording) it fills in itself.
  TraceMetadata& metadata() { return metadata_; }

  // The number of this source location in the trace. About 1 ns.
  SiteId Intern(const std::source_location& location) {
    return sites_.Intern(location);
  }
  const SiteTable& sites() const { return sites_; }

  // Events belong to step `tick` from now on. Record(TaskScheduled) does the
  // same with its at_tick, so this is for what happens before it.
  void BeginStep(uint64_t tick) { tick_ = tick; }
  uint64_t tick() const { return tick_; }

  // Records `event`, caused at `site` (from Intern()). Dropped silently if
  // recording is off or RecorderConfig leaves this kind out. At most 3 ns for
  // TaskScheduled and TaskYielded; no allocation but for a new block each
  // 64 KiB and for a site's first use. Text longer than kEventTextBytesMax is
  // cut there. REQUIRES: at_tick of a TaskSpawned is tick().
  template <class E>
  void Record(const E& event, SiteId site) {
    if (!active_) return;
    if constexpr (std::is_same_v<E, ReplayEvent>) {
      std::visit([&](const auto& e) { Record(e, site); }, event);
    } else {
      if (!Wanted<E>()) return;
      if constexpr (std::is_same_v<E, TaskScheduled>) tick_ = event.at_tick;
      if constexpr (std::is_same_v<E, TaskSpawned>) {
        assert(event.at_tick == tick_);
      }
      if constexpr (requires { event.text; }) {
        RecordText(event, site);
      } else {
        if (ABSL_PREDICT_TRUE(pos_ < limit_ &&
                              site.AsRaw() <= sites_written_)) {
          uint8_t* const end =
              EncodeSmallEvent(pos_, state_, event, tick_, site);
          if (ABSL_PREDICT_TRUE(end != nullptr)) {
            pos_ = end;
            ++event_count_;
            return;
          }
        }
        RecordSlowly(event, site, 0);
      }
    }
  }
  void RecordUserTrace(absl::string_view text, SiteId site) {
    if (active_) Record(UserTrace{std::string(text)}, site);
  }
  void RecordTaskName(CompactTaskId task, absl::string_view name, SiteId site) {
    if (active_) Record(TaskNamed{task, std::string(name)}, site);
  }

  // Events that happened since the start of the trace, whether or not they are
  // still in it (or only observed, if recording is off).
  uint64_t event_count() const { return event_count_; }

  // Bytes of rows in memory. O(1).
  size_t bytes() const;

  // Starts to record in mid-run, with `config` (its `enabled` is taken as
  // true): `tick` is the last step before, `certificate` the schedule's value
  // there. What was recorded before is dropped. The trace's indices start at 0.
  void EnableRecording(const RecorderConfig& config, uint64_t tick,
                       uint64_t certificate);

  // `observer` sees every event from now on; null for none. It works also
  // while recording is off. Must stay alive until replaced.
  void SetObserver(EventObserver* observer);
  // True once the observer has asked to stop, or status() is an error.
  bool stop_requested() const { return stop_requested_ || !status_.ok(); }

  // Ends the trace and hands it out. Recording goes on: what follows is a
  // trace of its own that starts at this tick.
  ReplayTrace TakeTrace(uint64_t certificate, uint64_t fingerprint);
  // A copy of the trace so far, which goes on unchanged. O(bytes()).
  ReplayTrace CopyTrace(uint64_t certificate, uint64_t fingerprint) const;

  // Starts another execution from nothing (also metadata, sites, tick), with
  // the same configuration; keeps memory. The observer stays.
  void Reset();
  void Reset(const RecorderConfig& config);

 private:
  struct Block {
    const uint8_t* data = nullptr;
    size_t size = 0;
    uint64_t first_event = 0;
    uint64_t first_tick = 0;
    uint32_t event_count = 0;
    uint32_t site_count = 0;
  };

  template <class E>
  bool Wanted() const {
    if constexpr (std::is_same_v<E, RngValue>) {
      return config_.record_rng;
    } else if constexpr (std::is_same_v<E, WakerWake> ||
                         std::is_same_v<E, WakerBatchWake>) {
      return config_.record_wakers;
    } else if constexpr (std::is_same_v<E, ObjectAccessed>) {
      return config_.record_accesses;
    } else {
      return true;
    }
  }

  // `text_bytes`: room needed beyond kEventBytesMax.
  template <class E>
  ABSL_ATTRIBUTE_NOINLINE void RecordSlowly(const E& event, SiteId site,
                                            size_t text_bytes) {
    if (config_.enabled && !ended_) {
      const bool ready = pos_ < limit_ && site.AsRaw() <= sites_written_;
      if ((ready && text_bytes == 0) || MakeRoom(site, text_bytes)) {
        pos_ = EncodeEvent(pos_, state_, event, tick_, site);
      }
    }
    ++event_count_;
    if (observer_ != nullptr) Observe(event, site);
  }
  template <class E>
  void RecordText(const E& event, SiteId site) {
    if (ABSL_PREDICT_TRUE(event.text.size() <= kEventTextBytesMax)) {
      RecordSlowly(event, site, event.text.size());
    } else {
      E cut = event;
      cut.text.resize(kEventTextBytesMax);
      RecordSlowly(cut, site, cut.text.size());
    }
  }

  // Gives pos_ room for an event and the payload the definitions it needs.
  // False if the recording has ended instead.
  bool MakeRoom(SiteId site, size_t text_bytes);
  // Makes sure that `bytes` fit into the open block; opens one if need be.
  bool MakeBlockRoom(size_t bytes);
  bool OpenBlock();
  void CloseBlock();
  // What a flight recorder's block takes up at most.
  size_t FlightBlockBytes() const;
  // Makes room for `bytes` more by the flight recorder's rule.
  void DropOldBlocks(size_t bytes);
  void DropOldestBlock();
  // Nothing more is recorded.
  void End(RecordingLimit why);
  // The index that the first event of the trace will have.
  uint64_t FirstKept() const;
  // Facts of the block as it stands, open or not.
  Block Snapshot(const Block& block) const;
  std::vector<TraceBlock> CopyBlocks(TraceMetadata* metadata) const;
  void DropBlocks();
  void Configure(const RecorderConfig& config);
  void Start(uint64_t tick);
  // Into `metadata`: what is recorded.
  void NoteWhatIsRecorded(TraceMetadata* metadata) const;
  void SetFlags();
  void Observe(ReplayEvent event, SiteId site);

  RecorderConfig config_;
  bool active_ = false;
  bool stop_requested_ = false;
  uint32_t sites_written_ = 0;
  uint8_t* pos_ = nullptr;
  const uint8_t* limit_ = nullptr;
  uint64_t tick_ = 0;
  uint64_t event_count_ = 0;
  RowState state_;

  EventObserver* observer_ = nullptr;
  HeapBlockStorage heap_;
  BlockStorage* storage_ = &heap_;
  // blocks_.back() is open exactly if chunk_end_ is not null.
  std::vector<Block> blocks_;
  uint8_t* chunk_end_ = nullptr;
  size_t closed_bytes_ = 0;
  // Sites that dropped blocks define.
  uint32_t sites_dropped_ = 0;
  bool ended_ = false;
  uint64_t end_event_ = 0;  // once ended_: how many events the trace has seen
  RecordingLimit limit_reached_ = RecordingLimit::kNone;
  absl::Status status_;
  SiteTable sites_;
  TraceMetadata metadata_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TRACE_RECORDER_H_
