// A file that is there whole or not at all.
#ifndef ASUPERSYNC_REPLAY_ATOMIC_FILE_H_
#define ASUPERSYNC_REPLAY_ATOMIC_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace asupersync {

// Puts `bytes` at `path`: whole, or not at all. What stood there before stays
// until then. Errors name the path and the system's reason: a full disk, a
// quota, RLIMIT_FSIZE (whose signal is not sent).
absl::Status WriteFileAtomically(const std::string& path,
                                 absl::string_view bytes);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_ATOMIC_FILE_H_
