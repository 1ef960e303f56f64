#ifndef ASUPERSYNC_TOOLS_TIDY_SOURCE_FILE_H_
#define ASUPERSYNC_TOOLS_TIDY_SOURCE_FILE_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// What the tidy rules read, a file, and what they say about it, findings.
//
// Every rule is a function from files to findings and touches nothing else, so
// each has a unit test in which it fires and one in which it does not. Only
// tidy_test.cc reads the disk.

namespace asupersync::tidy {

// A file of the tree. `path` is relative to the root, with forward slashes.
struct SourceFile {
  std::string path;
  std::string text;
};

// One broken rule: where, what is wrong, and how to mend it. Printed as
// "path:line: what. Mend: mend."
struct Finding {
  std::string path;
  int line = 0;  // Counted from 1.
  std::string what;
  std::string mend;
};

std::ostream& operator<<(std::ostream& out, const Finding& finding);

enum class FileKind { kCc, kBazel, kShell, kMarkdown, kProto, kOther };

// Decides by the name, and for a name without a suffix by the first line.
FileKind KindOf(const SourceFile& file);

// The lines without their line ends. A last line without one counts too.
std::vector<absl::string_view> Lines(absl::string_view text);

// C++ text with the contents of comments, string literals and character
// literals replaced by spaces. Quotes and line ends stay where they were, so
// that positions agree with the original's.
std::string CodeOnly(absl::string_view text);

// "a/b/c.h" -> "a/b"; "c.h" -> "".
absl::string_view FolderOf(absl::string_view path);

// "a/b/c.h" -> "c".
absl::string_view StemOf(absl::string_view path);

}  // namespace asupersync::tidy

#endif  // ASUPERSYNC_TOOLS_TIDY_SOURCE_FILE_H_
