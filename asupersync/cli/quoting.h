// Text from files, made safe to show to people and to paste into a shell.
//
//   out << "site " << Printable(site.file) << "\n";
//   out << ShellQuote({"/tmp/my test", "--gtest_filter=A.B"}) << "\n";
//   // '/tmp/my test' --gtest_filter=A.B
//
// Determinism: pure functions.
#ifndef ASUPERSYNC_CLI_QUOTING_H_
#define ASUPERSYNC_CLI_QUOTING_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace asupersync::cli {

struct Utf8Character {
  size_t length = 0;  // in bytes
  char32_t code_point = 0;
};

// The UTF-8 character that `text` starts with; of length 0 if there is none
// (also for surrogates, overlong forms and what is beyond U+10FFFF).
Utf8Character FirstUtf8(absl::string_view text);

// Whether a terminal would obey it instead of showing it: the control
// characters (below U+0020, U+007F to U+009F), those that end a line or a
// paragraph, and those that turn the direction of text (Unicode's Bidi_Control:
// U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069).
bool IsObeyed(char32_t code_point);

// `text` on one line and without what a terminal would obey: the bytes of such
// characters, and bytes that are no UTF-8, are written as \xNN. Everything else
// stays.
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
