#include "asupersync/testing/trace_comparer.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "asupersync/lab/memory_shaper.h"

namespace asupersync {
namespace testing_internal {
namespace {

// The name of the task whose step event `index` is in.
std::string TaskAt(const ReplayTrace& trace, std::uint64_t index) {
  std::optional<CompactTaskId> running;
  std::map<CompactTaskId, std::string> names;
  for (const EventRecord& record : trace.events()) {
    if (const auto* named = std::get_if<TaskNamed>(&record.event)) {
      names[named->task] = named->text;
    }
    if (record.index > index) continue;
    if (Kind(record.event) == EventKind::kTaskScheduled) {
      running = TaskOf(record.event);
    } else if (Kind(record.event) == EventKind::kTimeAdvanced) {
      running.reset();
    }
  }
  if (!running.has_value()) return "-";
  const auto name = names.find(*running);
  return name == names.end()
             ? absl::StrCat("T", running->AsRaw())
             : absl::StrCat("T", running->AsRaw(), " '", name->second, "'");
}

std::string RunningTask() {
  return execution_context.task == nullptr
             ? "-"
             : execution_context.task->DisplayName();
}

}  // namespace

TraceComparer::TraceComparer() : finished_(true) {}

TraceComparer::TraceComparer(ReplayTrace trace)
    : trace_(std::move(trace)), next_(trace_.events().begin()) {}

void TraceComparer::Attach(Recorder* recorder) {
  recorder_ = recorder;
  recorder->SetObserver(this);
}

bool TraceComparer::OnEvent(const EventRecord& record) {
  if (finished_ || difference_.has_value()) return true;
  const MemoryShaper::Pause pause;
  if (next_ != ReplayTrace::Iterator() && next_->event == record.event &&
      next_->tick == record.tick && next_->site == record.site) {
    tick_ = record.tick;
    ++index_;
    ++next_;
    return true;
  }
  Differ(absl::StrCat(ToString(record.event), " in step ", record.tick),
         ToString(recorder_->sites().Get(record.site)), RunningTask());
  return true;
}

void TraceComparer::Finish(std::uint64_t certificate,
                           std::uint64_t fingerprint) {
  if (finished_) return;
  const MemoryShaper::Pause pause;
  finished_ = true;
  if (difference_.has_value()) return;
  if (next_ != ReplayTrace::Iterator()) {
    Differ("nothing: the execution has ended", ToString(Site()), "-");
    return;
  }
  const std::optional<TraceSummary>& summary = trace_.summary();
  if (!summary.has_value() || (summary->certificate == certificate &&
                               summary->fingerprint == fingerprint)) {
    return;
  }
  Differ("equal events of another schedule", ToString(Site()), "-");
}

void TraceComparer::Differ(std::string actual, std::string actual_site,
                           std::string actual_task) {
  TraceDifference& difference = difference_.emplace();
  DescribePlace(trace_, index_, &difference.report);
  difference.index = index_;
  difference.tick = tick_;
  difference.expected = difference.report.expected;
  difference.expected_site = difference.report.expected_site;
  difference.expected_task = "-";
  if (next_ == ReplayTrace::Iterator()) {
    difference.expected = "nothing: the execution has ended";
  } else {
    difference.tick = next_->tick;
    absl::StrAppend(&difference.expected, " in step ", next_->tick);
    difference.expected_task = TaskAt(trace_, index_);
    difference.report.category = CategoryOf(next_->event);
  }
  difference.actual = actual;
  difference.actual_site = actual_site;
  difference.actual_task = std::move(actual_task);
  difference.report.tick = difference.tick;
  difference.report.actual = std::move(actual);
  difference.report.actual_site = std::move(actual_site);
  if (next_ == ReplayTrace::Iterator()) {
    difference.report.category = DivergenceCategory::kLength;
  }
}

}  // namespace testing_internal
}  // namespace asupersync
