#ifndef ASUPERSYNC_TOOLS_TIDY_TEXT_RULES_H_
#define ASUPERSYNC_TOOLS_TIDY_TEXT_RULES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/tidy/source_file.h"

// The rules about the text of one file.

namespace asupersync::tidy {

// C++, Bazel and shell lines have at most 80 columns. A line that holds an
// address (with "://") and an #include may be longer: neither can be broken.
std::vector<Finding> CheckColumns(const SourceFile& file);

// No tab, no carriage return, no white space at the end of a line, and one
// line end at the end of the file.
std::vector<Finding> CheckWhiteSpace(const SourceFile& file);

// No marks of unfinished work in anything that ships.
std::vector<Finding> CheckMarks(const SourceFile& file);

// A header's guard is made of its public path:
// asupersync/base/outcome.h has ASUPERSYNC_BASE_OUTCOME_H_; testing/lab_test.h,
// which users include as asupersync/testing/lab_test.h, has
// ASUPERSYNC_TESTING_LAB_TEST_H_.
std::vector<Finding> CheckGuard(const SourceFile& file);

// A header has at most 500 lines, a .cc 700, a test 800. These are the hard
// bounds; the usual sizes are half of that and less.
std::vector<Finding> CheckSize(const SourceFile& file);

// In asupersync/ and testing/: nothing whose answer differs between two runs
// (clocks, sleeps, entropy, containers with an unspecified order). The uses
// that are right are listed in Exceptions().
std::vector<Finding> CheckDeterminism(const SourceFile& file);

// Abseil's hash tables are welcome for look-ups, but nothing walks them. Finds
// walks of tables that are declared in the file itself or in `header`, the
// text of its header ("" if it has none).
std::vector<Finding> CheckHashOrder(const SourceFile& file,
                                    absl::string_view header);

// A use of a banned word that is right, and why.
struct Exception {
  absl::string_view path;  // A file, or a folder with a slash at its end.
  absl::string_view word;  // As in the finding.
  absl::string_view reason;
};

const std::vector<Exception>& Exceptions();

// Whether the exception still stands for something in this file.
bool IsUsed(const Exception& exception, const SourceFile& file);

}  // namespace asupersync::tidy

#endif  // ASUPERSYNC_TOOLS_TIDY_TEXT_RULES_H_
