// Fatal: the end of a program that broke a contract.
#ifndef ASUPERSYNC_BASE_FATAL_H_
#define ASUPERSYNC_BASE_FATAL_H_

#include "absl/strings/string_view.h"

namespace asupersync {

// Prints "asupersync: FATAL: " and `message` on standard error and aborts. For
// misuse that cannot be returned as a Status; the message says what was done,
// where, and what to do instead.
[[noreturn]] void Fatal(absl::string_view message);

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_FATAL_H_
