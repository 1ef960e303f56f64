#ifndef ASUPERSYNC_BASE_REPORTED_ERROR_H_
#define ASUPERSYNC_BASE_REPORTED_ERROR_H_

#include "absl/status/status.h"

namespace asupersync {

// Errors that somebody was told of when they were made: that of a failed
// assertion, which is a failure of the test already. They travel like others,
// but nobody has to see them; the oracle "unseen_error" passes them over.
//
//   return MarkReported(absl::AbortedError("assertion failed at a.cc:12"));
//
// The mark is a payload: whoever hands the status on unchanged keeps it.
//
// Determinism: values only.

// `error` with the mark. An OK status, which can carry none, stays as it is.
absl::Status MarkReported(absl::Status error);

bool IsReported(const absl::Status& status);

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_REPORTED_ERROR_H_
