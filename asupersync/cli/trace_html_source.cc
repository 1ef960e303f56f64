#include "asupersync/cli/trace_html_source.h"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace asupersync::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// The lines of `file` in `root`; none if it is not there or not in there.
std::vector<std::string> ReadLines(const fs::path& root,
                                   const std::string& file) {
  std::error_code error;
  // Follows links, so that the comparison is of where the file really is.
  const fs::path path = fs::canonical(root / file, error);
  if (error) return {};
  const fs::path inside = path.lexically_relative(root);
  if (inside.empty() || *inside.begin() == "..") return {};
  const auto size = fs::file_size(path, error);
  if (error || size > kSourceFileBytesMax) return {};
  std::ifstream in(path, std::ios::binary);
  std::string text(size, '\0');
  in.read(text.data(), static_cast<std::streamsize>(size));
  text.resize(static_cast<size_t>(in.gcount()));
  return absl::StrSplit(text, '\n');
}

}  // namespace

Json SourceLines(const std::vector<Site>& sites,
                 const std::optional<std::string>& folder) {
  Json lines = Json::array();
  if (!folder.has_value()) return lines;
  std::error_code error;
  const fs::path root = fs::canonical(*folder, error);
  std::map<std::string, std::vector<std::string>> files;
  for (const Site& site : sites) {
    const auto [found, is_new] = files.try_emplace(site.file);
    // The system's names end at a zero byte.
    const bool is_name = site.file.find('\0') == std::string::npos;
    if (is_new && !error && is_name && fs::path(site.file).is_relative()) {
      found->second = ReadLines(root, site.file);
    }
    std::string text;
    if (site.line > 0 && site.line <= found->second.size()) {
      text = std::string(absl::StripAsciiWhitespace(
          absl::string_view(found->second[site.line - 1])
              .substr(0, kSourceLineBytesMax)));
    }
    lines.push_back(text);
  }
  return lines;
}

}  // namespace asupersync::cli
