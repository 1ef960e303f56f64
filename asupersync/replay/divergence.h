// DivergenceReport says where and how an execution left the trace that it was
// to follow.
//
//   if (source.diverged()) std::cerr << source.report().ToString();
//
// Determinism: a function of the trace and the execution; no time, address or
// process number is in it. Large payloads appear as lengths and hashes.
#ifndef ASUPERSYNC_REPLAY_DIVERGENCE_H_
#define ASUPERSYNC_REPLAY_DIVERGENCE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/lane.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/replay_trace.h"

namespace asupersync {

// What differs.
enum class DivergenceCategory : uint8_t {
  kSchedule,     // which task runs, wakes, waits
  kTime,         // how far the clock moved
  kTimer,        // which timer was made, fired or cancelled
  kRandom,       // a random value, or that one was drawn
  kIo,           // what I/O gave
  kChaos,        // an injected fault
  kOutcome,      // what a task ended with, or what the program said
  kRegion,       // a region or an obligation
  kLength,       // one of the two ended early
  kCertificate,  // events agree, the certificate or fingerprint does not
};

// "schedule", "time", "timer", ...
const char* Name(DivergenceCategory category);

// The category of a difference in which `event` was expected.
DivergenceCategory CategoryOf(const ReplayEvent& event);
// The same where `actual` came instead: a task that goes on or waits where it
// had ended is another schedule, and no outcome.
DivergenceCategory CategoryOf(const ReplayEvent& expected,
                              const ReplayEvent& actual);

struct DivergenceReport {
  // At most so many events are shown before and after.
  static constexpr size_t kBeforeMax = 16;
  static constexpr size_t kAfterMax = 4;

  // Index in the trace of the first event that differs.
  uint64_t index = 0;
  // The step during which it happened, by the execution's count.
  uint64_t tick = 0;
  DivergenceCategory category = DivergenceCategory::kSchedule;
  // One line each: an event, or what stood in its place ("end of the trace").
  std::string expected;
  std::string actual;
  // "file:line function", or "unknown site".
  std::string expected_site;
  std::string actual_site;
  // Of a scheduling decision: what the execution could choose from.
  std::vector<std::string> runnable;

  // That the expected event names; else the task whose step it is in. The
  // lane is that of the step's scheduling decision.
  std::optional<CompactTaskId> task;
  std::optional<CompactRegionId> region;
  std::optional<Lane> lane;

  // The schedule's certificate. kCertificate: at this step, or at the end, by
  // the trace and by the execution. Otherwise a rolling hash over the trace's
  // own numbers up to and including this event, so that a difference means
  // that the schedule itself differs here.
  uint64_t certificate_expected = 0;
  uint64_t certificate_actual = 0;
  // kCertificate at the end: by the trace. Otherwise nullopt.
  std::optional<uint64_t> fingerprint_expected;
  // Of the execution so far, if it is known.
  std::optional<uint64_t> fingerprint_actual;

  // The events before, which agree, and those that the trace goes on with.
  std::vector<std::string> before;
  std::vector<std::string> next_expected;

  std::string likely_cause;

  // At most one screen: kScreenLines lines of kScreenColumns columns; longer
  // ones are cut (ToJson() has them whole). Ends with a newline.
  static constexpr size_t kScreenLines = 40;
  static constexpr size_t kScreenColumns = 120;
  std::string ToString() const;
  // An object with these fields, on indented lines. 64-bit hashes are
  // "0x..." strings, counts are numbers, what is not known is null.
  std::string ToJson() const;
};

// "#12 tick=5 TaskYielded task=T2 at a/b.cc:7 Function".
std::string Summarize(const EventRecord& record, const Site& site);

// Fills in what the trace alone tells of the place `index`: before,
// next_expected, expected, expected_site, task, region.
void DescribePlace(const ReplayTrace& trace, uint64_t index,
                   DivergenceReport* report);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_DIVERGENCE_H_
