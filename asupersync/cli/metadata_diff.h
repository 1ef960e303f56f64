// What differs between two traces besides their events, as lines for people.
//
//   Differences differences = CompareMetadata(a.metadata(), b.metadata());
//   // "seed: 0x...2a in A, 0x...2b in B"
//
// Determinism: pure functions.
#ifndef ASUPERSYNC_CLI_METADATA_DIFF_H_
#define ASUPERSYNC_CLI_METADATA_DIFF_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "asupersync/trace/metadata.h"

namespace asupersync::cli {

using Differences = std::vector<std::string>;

// Adds a line if they differ: "`what`: `a` in A, `b` in B", printable.
void CompareTexts(absl::string_view what, const std::string& a,
                  const std::string& b, Differences* differences);

// A line for each field that differs.
Differences CompareMetadata(const TraceMetadata& a, const TraceMetadata& b);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_METADATA_DIFF_H_
