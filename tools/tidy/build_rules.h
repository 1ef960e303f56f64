#ifndef ASUPERSYNC_TOOLS_TIDY_BUILD_RULES_H_
#define ASUPERSYNC_TOOLS_TIDY_BUILD_RULES_H_

#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/tidy/source_file.h"

// The rules about BUILD files, and about the sources that they list.

namespace asupersync::tidy {

// A rule's call in a BUILD file, as far as the rules need it.
struct Target {
  std::string rule;  // cc_library, cc_test, ...
  std::string name;
  int line = 0;
  std::vector<std::string> srcs;  // As written, without a ':' before them.
  std::vector<std::string> hdrs;  // Likewise, with textual_hdrs.
  bool testonly = false;
  bool has_size = false;
};

struct BuildFile {
  std::string path;
  std::vector<Target> targets;
  bool private_by_default = false;
  bool testonly_by_default = false;
  int glob_line = 0;  // 0: no glob.
};

// Reads the calls of a BUILD file. This is no Starlark interpreter: lists are
// taken to be the string literals in them, and names that are computed are
// not seen (so the sources that they would list count as not listed).
BuildFile ParseBuildFile(const SourceFile& file);

// 1. Private by default.
// 2. No glob: a source is listed by name.
// 3. A cc_library has one header, and it and its .cc bear the library's name.
//    A library without a header is one that only links (a main function).
// 4. A cc_test states its size.
std::vector<Finding> CheckBuildFile(const BuildFile& build);

// Every .h and .cc of `files` is listed exactly once in the BUILD file of its
// package, and everything that is listed exists.
std::vector<Finding> CheckSourcesAreListed(
    const std::vector<BuildFile>& builds, const std::set<std::string>& files);

// The sources of tests and of testonly targets only.
std::set<std::string> TestFiles(const std::vector<BuildFile>& builds);

}  // namespace asupersync::tidy

#endif  // ASUPERSYNC_TOOLS_TIDY_BUILD_RULES_H_
