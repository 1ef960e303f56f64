#ifndef ASUPERSYNC_TOOLS_TIDY_LINK_RULES_H_
#define ASUPERSYNC_TOOLS_TIDY_LINK_RULES_H_

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/tidy/source_file.h"

// The rule about links in Markdown.

namespace asupersync::tidy {

// The anchors that a Markdown file's headings have: lower case, spaces as
// hyphens, other punctuation dropped; the second "usage" is "usage-1".
std::set<std::string> Anchors(absl::string_view markdown);

// A relative link leads to a file or folder of the tree, and its "#anchor" to
// a heading of that Markdown file. Links into the web are not followed; text
// in code spans and code blocks is no link.
//
// `exists` says whether a path (file or folder) is in the tree; `read` returns
// a file's text.
std::vector<Finding> CheckLinks(
    const SourceFile& file,
    const std::function<bool(const std::string& path)>& exists,
    const std::function<std::string(const std::string& path)>& read);

}  // namespace asupersync::tidy

#endif  // ASUPERSYNC_TOOLS_TIDY_LINK_RULES_H_
