#include "asupersync/replay/replayer.h"

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
    : trace_(std::move(trace)), next_(trace_.events().begin()) {}

void TraceReplayer::SetMode(ReplayMode mode) {
  mode_ = mode;
  at_breakpoint_ = false;
}

const ReplayEvent* TraceReplayer::Peek() const {
  return is_completed() ? nullptr : &next_->event;
}

const ReplayEvent* TraceReplayer::Next() {
  if (is_completed()) {
    at_breakpoint_ = false;
    return nullptr;
  }
  std::optional<uint64_t> tick_before;
  if (current_.has_value()) tick_before = current_->tick;
  current_ = *next_;
  ++next_;
  ++index_;
  at_breakpoint_ =
      mode_.step() || (mode_.breakpoint().has_value() &&
                       mode_.breakpoint()->Hit(*current_, tick_before));
  return &current_->event;
}

size_t TraceReplayer::Run() {
  const size_t before = index_;
  while (Next() != nullptr && !at_breakpoint_) {
  }
  return index_ - before;
}

void TraceReplayer::Reset() {
  next_ = trace_.events().begin();
  index_ = 0;
  at_breakpoint_ = false;
  current_.reset();
  divergence_.reset();
}

absl::Status TraceReplayer::Seek(uint64_t index) {
  if (index > trace_.size()) {
    return absl::OutOfRangeError(
        absl::StrCat("cannot seek to event ", index, ": the trace has ",
                     trace_.size(), " events; give 0 to ", trace_.size()));
  }
  next_ = trace_.From(index).begin();
  index_ = index;
  at_breakpoint_ = false;
  current_ = index == 0 ? std::nullopt : trace_.At(index - 1);
  return absl::OkStatus();
}

absl::Status TraceReplayer::VerifyEvent(const ReplayEvent& actual) {
  if (!is_completed() && next_->event == actual) return absl::OkStatus();
  DivergenceReport report;
  DescribePlace(trace_, index_, &report);
  report.actual = ToString(actual);
  report.actual_site = ToString(Site());
  if (is_completed()) {
    report.tick = current_.has_value() ? current_->tick : 0;
    report.category = DivergenceCategory::kLength;
    report.likely_cause =
        trace_.complete() ? "the program does more than when it was recorded"
                          : "the trace is the recovered part of a longer one";
    divergence_ = report;
    return absl::OutOfRangeError(
        absl::StrCat("the trace ended at event ", index_,
                     ", but the execution continues with ", report.actual));
  }
  report.tick = next_->tick;
  report.category = CategoryOf(next_->event);
  report.likely_cause =
      "the program, its seed or its configuration is not the recorded one";
  divergence_ = report;
  return absl::AbortedError(absl::StrCat("divergence at event ", index_,
                                         ": expected ", report.expected,
                                         ", actual ", report.actual));
}

}  // namespace asupersync
