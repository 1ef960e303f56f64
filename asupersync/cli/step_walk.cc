#include "asupersync/cli/step_walk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace asupersync::cli {

TraceWalk::TraceWalk(TraceReader reader) : replayer_(std::move(reader)) {}

bool TraceWalk::Next() {
  if (replayer_.Next() == nullptr) return false;
  ++passed_;
  current_ = replayer_.current();
  state_.Apply(*current_);
  const uint64_t last =
      checkpoints_.empty() ? first_index() : checkpoints_.back().current->index;
  if (current_->index >= last + distance_) KeepCheckpoint();
  return true;
}

void TraceWalk::KeepCheckpoint() {
  checkpoints_.push_back({current_, state_});
  size_t entries = 0;
  for (const Checkpoint& c : checkpoints_) entries += c.state.size();
  while (checkpoints_.size() > 1 &&
         (checkpoints_.size() > kCheckpointsMax || entries > kEntriesMax)) {
    std::vector<Checkpoint> kept;
    entries = 0;
    for (size_t i = 1; i < checkpoints_.size(); i += 2) {
      entries += checkpoints_[i].state.size();
      kept.push_back(std::move(checkpoints_[i]));
    }
    checkpoints_ = std::move(kept);
    distance_ *= 2;
  }
}

absl::Status TraceWalk::Restore(
    absl::FunctionRef<bool(const EventRecord&)> good) {
  const auto after = std::partition_point(
      checkpoints_.begin(), checkpoints_.end(),
      [&](const Checkpoint& c) { return good(*c.current); });
  uint64_t next = first_index();
  if (after == checkpoints_.begin()) {
    current_.reset();
    state_ = TraceState();
  } else {
    current_ = (after - 1)->current;
    state_ = (after - 1)->state;
    next = current_->index + 1;
  }
  return replayer_.Seek(next);
}

absl::Status TraceWalk::GoTo(uint64_t index) {
  if (index < first_index() || index >= end_index()) {
    return absl::OutOfRangeError(
        first_index() == end_index()
            ? std::string("the trace has no events")
            : absl::StrCat("there is no event #", index,
                           "; the trace has #", first_index(), " to #",
                           end_index() - 1));
  }
  if (current_.has_value() && index < current_->index) {
    const auto good = [&](const EventRecord& r) { return r.index <= index; };
    if (absl::Status s = Restore(good); !s.ok()) return s;
  }
  while (!current_.has_value() || current_->index < index) {
    if (Next()) continue;
    if (!status().ok()) return status();
    return absl::DataLossError(
        absl::StrCat("the trace ends before event #", index));
  }
  return absl::OkStatus();
}

absl::Status TraceWalk::GoToTick(uint64_t tick) {
  if (current_.has_value() && current_->tick >= tick) {
    const auto good = [&](const EventRecord& r) { return r.tick < tick; };
    if (absl::Status s = Restore(good); !s.ok()) return s;
  }
  if (FindNext([&](const EventRecord& r) { return r.tick >= tick; })) {
    return absl::OkStatus();
  }
  if (!status().ok()) return status();
  return absl::NotFoundError(
      absl::StrCat("the trace ends before step ", tick));
}

bool TraceWalk::FindNext(absl::FunctionRef<bool(const EventRecord&)> found) {
  const std::optional<EventRecord> start = current_;
  while (Next()) {
    if (found(*current_)) return true;
  }
  if (!status().ok()) return false;
  if (start.has_value()) {
    GoTo(start->index).IgnoreError();
  } else {
    Restore([](const EventRecord&) { return false; }).IgnoreError();
  }
  return false;
}

}  // namespace asupersync::cli
