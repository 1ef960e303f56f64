// The one file that `trace html` writes: markup, style, script and data
// together, with a policy that lets it load nothing else.
//
//   std::string html = TraceHtmlPage(data);
//
// Text of the data may be anything: it cannot end the element that holds it
// nor become markup (every byte that could is escaped, bytes that are no UTF-8
// are replaced), and the script shows it as text only. The policy allows the
// page's own script and style by their hashes; no address is ever fetched.
//
// Determinism: a function of the data and of this build.
#ifndef ASUPERSYNC_CLI_TRACE_HTML_PAGE_H_
#define ASUPERSYNC_CLI_TRACE_HTML_PAGE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {

// ASCII; without "<", ">", "&" and line ends.
std::string JsonForScriptElement(const nlohmann::ordered_json& data);

// `title` is text.
std::string TraceHtmlPage(absl::string_view title,
                          const nlohmann::ordered_json& data);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_HTML_PAGE_H_
