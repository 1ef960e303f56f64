// Text from files, made safe to show to people and to paste into a shell.
//
//   out << "site " << Printable(site.file) << "\n";
//   out << ShellQuote({"/tmp/my test", "--gtest_filter=A.B"}) << "\n";
//   // '/tmp/my test' --gtest_filter=A.B
//
// Determinism: pure functions.
#ifndef ASUPERSYNC_CLI_QUOTING_H_
#define ASUPERSYNC_CLI_QUOTING_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace asupersync::cli {

// `text` on one line and without what a terminal would obey: control
// characters (those of one byte, and U+0080 to U+009F in UTF-8) are written as
// \xNN. Everything else stays.
std::string Printable(absl::string_view text);

// One word of a shell's command line. Words of letters, digits and
// "%+,-./:=@_" stay as they are; others are put into single quotes, as every
// POSIX shell reads them; those with what a terminal would obey into $'...', as
// bash and zsh do, so that the line is printable and still means the same.
std::string ShellQuote(absl::string_view word);

// A command line: the quoted words with blanks between them.
std::string ShellQuote(const std::vector<std::string>& words);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_QUOTING_H_
