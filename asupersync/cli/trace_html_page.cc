#include "asupersync/cli/trace_html_page.h"

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "asupersync/cli/trace_html_parts.h"
#include "openssl/sha.h"

namespace asupersync::cli {
namespace {

using Json = nlohmann::ordered_json;

// As a Content-Security-Policy names a text that is allowed.
std::string HashOf(absl::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         digest.data());
  return absl::StrCat("'sha256-",
                      absl::Base64Escape(absl::string_view(
                          reinterpret_cast<const char*>(digest.data()),
                          digest.size())),
                      "'");
}

std::string EscapeMarkup(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"},
                                    {"<", "&lt;"},
                                    {">", "&gt;"},
                                    {"\"", "&quot;"}});
}

}  // namespace

std::string JsonForScriptElement(const Json& data) {
  // Within JSON these three stand in strings only.
  return absl::StrReplaceAll(
      data.dump(-1, ' ', /*ensure_ascii=*/true,
                Json::error_handler_t::replace),
      {{"<", "\\u003c"}, {">", "\\u003e"}, {"&", "\\u0026"}});
}

std::string TraceHtmlPage(absl::string_view title, const Json& data) {
  const std::string policy =
      absl::StrCat("default-src 'none'; script-src ", HashOf(kTraceHtmlScript),
                   "; style-src ", HashOf(kTraceHtmlStyle),
                   "; base-uri 'none'; form-action 'none'");
  // Through JSON, so that the title is UTF-8 whatever the trace says.
  const std::string clean_title =
      Json::parse(Json(std::string(title))
                      .dump(-1, ' ', false, Json::error_handler_t::replace))
          .get<std::string>();
  return absl::StrReplaceAll(
      kTraceHtmlMarkup,
      {{"@TITLE@", EscapeMarkup(clean_title)},
       {"@POLICY@", policy},
       {"@STYLE@", kTraceHtmlStyle},
       {"@DATA@", JsonForScriptElement(data)},
       {"@SCRIPT@", kTraceHtmlScript}});
}

}  // namespace asupersync::cli
