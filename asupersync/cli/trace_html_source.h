// The text of source lines, for a page that shows where events come from.
//
//   page["lines"] = SourceLines(reader.sites(), "src");
//
// A trace is untrusted and a page is passed on: no file outside of the folder
// is read, whatever the trace calls its sources and wherever links lead.
//
// Determinism: a function of the files.
#ifndef ASUPERSYNC_CLI_TRACE_HTML_SOURCE_H_
#define ASUPERSYNC_CLI_TRACE_HTML_SOURCE_H_

#include <optional>
#include <string>
#include <vector>

#include "asupersync/trace/site_table.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {

// Longer lines are cut; longer files are passed over.
inline constexpr size_t kSourceLineBytesMax = 200;
inline constexpr size_t kSourceFileBytesMax = 8 << 20;

// For each site its line without the white space at both ends, "" where there
// is none: the file is not in `folder`, or too short. An empty list without a
// folder.
nlohmann::ordered_json SourceLines(const std::vector<Site>& sites,
                                   const std::optional<std::string>& folder);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_HTML_SOURCE_H_
