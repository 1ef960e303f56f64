#ifndef ASUPERSYNC_TOOLS_TIDY_INCLUDE_RULES_H_
#define ASUPERSYNC_TOOLS_TIDY_INCLUDE_RULES_H_

#include <set>
#include <string>
#include <vector>

#include "tools/tidy/source_file.h"

// The rules about #include lines.

namespace asupersync::tidy {

// What the include rules know of the rest of the tree.
struct IncludeContext {
  std::set<std::string> files;       // Every path in the tree.
  std::set<std::string> test_files;  // Sources of tests and testonly targets.
};

// 1. An include goes down the layer table (layer_table.cc).
// 2. Our own headers are included by their public path from the root:
//    "asupersync/...", and "asupersync/testing/..." and "asupersync/proto/..."
//    for those that live in testing/ and proto/.
// 3. GoogleTest is for testing/, examples/, benchmarks/, and tests; Google
//    Benchmark for benchmarks/.
// 4. A folder that holds C++ has a row in the layer table.
std::vector<Finding> CheckIncludes(const SourceFile& file,
                                   const IncludeContext& context);

}  // namespace asupersync::tidy

#endif  // ASUPERSYNC_TOOLS_TIDY_INCLUDE_RULES_H_
