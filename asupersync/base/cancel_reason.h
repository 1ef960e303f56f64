// CancelReason: why a task was cancelled, by whom and where in the source, and
// how it travels inside an absl::Status.
//
//   CancelReason reason(CancelKind::kTimeout, "after 100ms", task_number);
//   absl::Status status = reason.ToStatus();            // kCancelled
//   std::optional<CancelReason> again = CancelReason::FromStatus(status);
//
// Determinism: values only; nothing here orders or prints by address.
//
// Lifetime: a value that owns what it shows, the size of a shared_ptr. Copies
// share it, for it is immutable; so cancelling many tasks for one reason makes
// one reason and one Status. One that was moved from can only be assigned to or
// destroyed.
//
// Invariants:
//  1. A chain has at most kChainMax reasons, the outermost included.
//  2. The numbers of CancelKind are in traces and never change.
#ifndef ASUPERSYNC_BASE_CANCEL_REASON_H_
#define ASUPERSYNC_BASE_CANCEL_REASON_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/ids.h"

namespace asupersync {

// Severity
enum class CancelKind : uint8_t {
  kUser = 0,             // 0  someone asked for it
  kTimeout = 1,          // 1  a Timeout ran out
  kDeadline = 2,         // 1  the budget's deadline passed
  kPollQuota = 3,        // 2  the budget's number of steps is used up
  kCostBudget = 4,       // 2  the budget's cost is used up
  kFailFast = 5,         // 3  a sibling failed
  kRaceLost = 6,         // 3  another branch of a race won
  kParentCancelled = 7,  // 4  the region's parent is cancelled
  kShutdown = 8,         // 5  the runtime is going away
};
inline constexpr int kCancelKindCount = 9;

// The severity in the table above; a number outside the table has that of
// kShutdown, so that nothing weakens it.
int Severity(CancelKind kind);

// "user", "timeout", "deadline", "poll_quota", "cost_budget", "fail_fast",
// "race_lost", "parent_cancelled", "shutdown"; "unknown" for other numbers.
const char* Name(CancelKind kind);
// Prints the name.
std::ostream& operator<<(std::ostream& os, CancelKind kind);

class CancelReason {
 public:
  static constexpr int kChainMax = 16;
  // The payload of ToStatus() has this type URL.
  static constexpr char kPayloadUrl[] = "asupersync/CancelReason";

  // `origin` is the task that asked, none if it came from outside the runtime.
  explicit CancelReason(
      CancelKind kind, std::string message = "", CompactTaskId origin = {},
      std::source_location site = std::source_location::current());

  CancelKind kind() const { return rep_->kind; }
  const std::string& message() const { return rep_->message; }
  CompactTaskId origin() const { return rep_->origin; }
  // Where the request was made: the path as the compiler saw it, and the line.
  absl::string_view file() const {
    return rep_->static_file != nullptr ? absl::string_view(rep_->static_file)
                                        : absl::string_view(rep_->owned_file);
  }
  uint32_t line() const { return rep_->line; }
  // What led to this reason, or nullptr. Valid while this object is.
  const CancelReason* cause() const { return rep_->cause.get(); }
  // The number of reasons in the chain, this one included: 1 to kChainMax.
  int chain_length() const { return rep_->chain_length; }

  // This reason, led to by `cause` (after the causes it has). A chain that
  // would be longer than kChainMax loses reasons from its middle: the
  // outermost ones and the root are kept.
  CancelReason WithCause(const CancelReason& cause) const;

  // If `other` is more severe, this becomes `other`, led to by what this was;
  // else nothing changes. Returns whether it changed.
  bool Strengthen(const CancelReason& other);

  // A CancelledError whose message is ToString() and which carries the whole
  // chain as a payload, which is text, too, for a Status prints its payloads.
  // Made once for all copies.
  absl::Status ToStatus() const;

  // The reason inside a CancelledError; for one that carries none, or a payload
  // that is not one, kUser with the status's message and no site.
  // nullopt for any other status.
  static std::optional<CancelReason> FromStatus(const absl::Status& status);

  // "timeout: after 100ms (by T3 at pipeline.cc:12); caused by user: ...".
  std::string ToString() const;

  // Equal in all that is shown, causes included.
  friend bool operator==(const CancelReason& a, const CancelReason& b);
  friend std::ostream& operator<<(std::ostream& os, const CancelReason& reason);

 private:
  struct Rep {
    ~Rep();

    CancelKind kind = CancelKind::kUser;
    uint8_t chain_length = 1;
    uint32_t line = 0;
    CompactTaskId origin;
    const char* static_file = nullptr;  // a literal; null: owned_file
    std::string owned_file;             // of one that was read from a payload
    std::string message;
    std::unique_ptr<const CancelReason> cause;
    // What ToStatus() gives, made when it is first asked for.
    mutable std::atomic<const absl::Status*> status = nullptr;
  };

  explicit CancelReason(std::shared_ptr<const Rep> rep)
      : rep_(std::move(rep)) {}

  static std::optional<CancelReason> Decode(absl::string_view payload);
  static CancelReason Link(const std::vector<const CancelReason*>& chain);
  void AppendChain(std::vector<const CancelReason*>* chain) const;
  // A copy with another cause; null: none.
  CancelReason CausedBy(const CancelReason* cause) const;
  absl::Status MakeStatus() const;

  std::shared_ptr<const Rep> rep_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_CANCEL_REASON_H_
