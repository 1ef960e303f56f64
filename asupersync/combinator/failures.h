#ifndef ASUPERSYNC_COMBINATOR_FAILURES_H_
#define ASUPERSYNC_COMBINATOR_FAILURES_H_

#include <cstddef>
#include <map>
#include <source_location>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace asupersync {
namespace combinator_internal {

// The errors of branches, as one. Internal.
class Failures {
 public:
  // REQUIRES: not OK.
  void Add(std::size_t branch, absl::Status error) {
    errors_.emplace(branch, std::move(error));
  }
  std::size_t size() const { return errors_.size(); }

  // "a.cc:12: <what>: [0] NOT_FOUND: x; [1] CANCELLED: ...". Its code is that
  // of the first branch with an error of its own; kAborted if each was
  // cancelled, because the caller was not. Marked as reported if an error is.
  absl::Status ToStatus(absl::string_view what,
                        std::source_location site) const;

 private:
  std::map<std::size_t, absl::Status> errors_;
};

}  // namespace combinator_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_COMBINATOR_FAILURES_H_
