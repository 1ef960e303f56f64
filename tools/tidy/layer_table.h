#ifndef ASUPERSYNC_TOOLS_TIDY_LAYER_TABLE_H_
#define ASUPERSYNC_TOOLS_TIDY_LAYER_TABLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// The layers of the code: the one table of which folder may include which.
//
// To add a folder, add its row in layer_table.cc. A row names everything that
// the folder may include besides itself; all of it has a lower rank, so there
// are no cycles between folders. Abseil and the standard library are open to
// everybody.

namespace asupersync::tidy {

struct Layer {
  absl::string_view folder;  // Without a slash at its end.
  int rank;
  std::vector<absl::string_view> may_include;  // Folders of other rows.
};

const std::vector<Layer>& Layers();

// The row that a file belongs to: that of the nearest folder above it. Files
// directly in asupersync/ are the facade; a folder of asupersync/ that has no
// row is in no layer. Returns nullptr if there is none.
const Layer* LayerOfFile(absl::string_view path);

// Returns nullptr if there is no such row.
const Layer* LayerOfFolder(absl::string_view folder);

// Why `from` may not include `to`, or "" if it may. Tests and testonly code
// (`is_test`) may include every folder of their own rank and below.
std::string WhyNot(const Layer& from, const Layer& to, bool is_test);

}  // namespace asupersync::tidy

#endif  // ASUPERSYNC_TOOLS_TIDY_LAYER_TABLE_H_
