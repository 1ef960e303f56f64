#include "asupersync/replay/replayer.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

namespace asupersync {

bool Breakpoint::Hit(const EventRecord& record,
                     std::optional<uint64_t> tick_before) const {
  switch (kind_) {
    case Kind::kTick:
      return record.tick >= value_ &&
             (!tick_before.has_value() || *tick_before < value_);
    case Kind::kTask: {
      const auto* scheduled = std::get_if<TaskScheduled>(&record.event);
      return scheduled != nullptr && scheduled->task.AsRaw() == value_;
    }
    case Kind::kIndex:
      return record.index == value_;
  }
  return false;
}

TraceReplayer::TraceReplayer(ReplayTrace trace)
    : cursor_(CursorOf(std::move(trace))), index_(cursor_->first_index()) {}

TraceReplayer::TraceReplayer(TraceReader reader)
    : cursor_(CursorOf(std::move(reader))), index_(cursor_->first_index()) {}

void TraceReplayer::SetMode(ReplayMode mode) {
  mode_ = mode;
  at_breakpoint_ = false;
}

const ReplayEvent* TraceReplayer::Peek() const {
  const EventRecord* next = cursor_->Get();
  return next == nullptr ? nullptr : &next->event;
}

const ReplayEvent* TraceReplayer::Next() {
  const EventRecord* next = cursor_->Get();
  if (next == nullptr) {
    at_breakpoint_ = false;
    return nullptr;
  }
  std::optional<uint64_t> tick_before;
  if (current_.has_value()) tick_before = current_->tick;
  current_ = *next;
  cursor_->Pass();
  ++index_;
  at_breakpoint_ =
      mode_.step() || (mode_.breakpoint().has_value() &&
                       mode_.breakpoint()->Hit(*current_, tick_before));
  return &current_->event;
}

size_t TraceReplayer::Run() {
  const uint64_t before = index_;
  while (Next() != nullptr && !at_breakpoint_) {
  }
  return index_ - before;
}

void TraceReplayer::Reset() {
  cursor_->Seek(first_index()).IgnoreError();  // it is in status()
  index_ = first_index();
  at_breakpoint_ = false;
  current_.reset();
  divergence_.reset();
}

absl::Status TraceReplayer::Seek(uint64_t index) {
  if (index < first_index() || index > end_index()) {
    return absl::OutOfRangeError(absl::StrCat(
        "cannot seek to event ", index, ": the trace has the events from ",
        first_index(), " to before ", end_index(), "; give ", first_index(),
        " to ", end_index()));
  }
  at_breakpoint_ = false;
  current_.reset();
  index_ = index;
  if (index == first_index()) return cursor_->Seek(index);
  const absl::Status status = cursor_->Seek(index - 1);
  if (cursor_->Get() == nullptr) return status;
  current_ = *cursor_->Get();
  cursor_->Pass();
  return cursor_->status();
}

absl::Status TraceReplayer::VerifyEvent(const ReplayEvent& actual) {
  if (!cursor_->status().ok()) return cursor_->status();
  const ReplayEvent* expected = Peek();
  if (expected != nullptr && *expected == actual) return absl::OkStatus();
  DivergenceReport report;
  DescribePlace(cursor_->Window(index_ - std::min<uint64_t>(
                                             index_,
                                             DivergenceReport::kBeforeMax),
                                index_ + DivergenceReport::kAfterMax + 1),
                index_, &report);
  report.actual = ToString(actual);
  report.actual_site = ToString(Site());
  if (is_completed()) {
    report.tick = current_.has_value() ? current_->tick : 0;
    report.category = DivergenceCategory::kLength;
    report.likely_cause =
        cursor_->complete() ? "the program does more than when it was recorded"
                          : "the trace is the recovered part of a longer one";
    divergence_ = report;
    return absl::OutOfRangeError(
        absl::StrCat("the trace ended at event ", index_,
                     ", but the execution continues with ", report.actual));
  }
  const EventRecord* next = cursor_->Get();
  if (next == nullptr) return cursor_->status();
  report.tick = next->tick;
  report.category = CategoryOf(next->event);
  report.likely_cause =
      "the program, its seed or its configuration is not the recorded one";
  divergence_ = report;
  return absl::AbortedError(absl::StrCat("divergence at event ", index_,
                                         ": expected ", report.expected,
                                         ", actual ", report.actual));
}

}  // namespace asupersync
