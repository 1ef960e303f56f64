#include "asupersync/channel/pipeline.h"

#include <cstddef>
#include <exception>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"

namespace asupersync {
namespace pipeline_internal {

void Stages::Cancel(Cx& cx, std::size_t stage, CancelKind kind,
                    std::string why) {
  handles_[stage].Cancel(CancelReason(kind, std::move(why), cx.id(), site_),
                         site_);
}

void Stages::OnEnd(Cx& cx, std::size_t stage) {
  const bool counts = states_[stage] == State::kRuns;
  states_[stage] = State::kEnded;
  if (!counts) return;
  const Outcome<void> outcome = handles_[stage].TakeOutcome();
  if (outcome.ok()) {
    if (stage + 1 == states_.size()) {
      Decide(cx, CancelKind::kRaceLost,
             absl::StrCat("stage ", stage, " of the Pipeline ended"));
      return;
    }
    for (std::size_t before = 0; before < stage; ++before) {
      if (states_[before] != State::kRuns) continue;
      states_[before] = State::kIsUseless;
      Cancel(cx, before, CancelKind::kRaceLost,
             absl::StrCat("stage ", stage, " of the Pipeline ended"));
    }
    return;
  }
  error_ = outcome.status();
  if (outcome.kind() == OutcomeKind::kPanicked) {
    thrown_ = outcome.panic().exception;
  }
  Decide(cx, CancelKind::kFailFast,
         absl::StrCat("stage ", stage, " of the Pipeline failed"));
}

void Stages::Decide(Cx& cx, CancelKind kind, std::string why) {
  decided_ = true;
  queue_.CancelRest(cx, CancelReason(kind, std::move(why), cx.id(), site_),
                    site_);
}

Task<> Stages::Watch(Cx& cx) {
  while (!decided_) {
    const absl::StatusOr<std::size_t> next =
        co_await queue_.Next(cx, absl::InfiniteFuture(), site_);
    if (!next.ok()) {
      error_ = next.status();  // the caller is cancelled
      co_return;
    }
    OnEnd(cx, *next);
  }
}

absl::Status Stages::Result(Cx& cx) const {
  if (thrown_) std::rethrow_exception(thrown_);
  // The caller's cancellation reaches the stages first, so that one of them may
  // have ended by it already.
  if (absl::IsCancelled(error_) && !cx.Checkpoint().ok()) {
    return cx.Checkpoint();
  }
  return error_;
}

}  // namespace pipeline_internal
}  // namespace asupersync
