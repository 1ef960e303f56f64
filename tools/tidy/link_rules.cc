#include "tools/tidy/link_rules.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "re2/re2.h"
#include "tools/tidy/source_file.h"

namespace asupersync::tidy {
namespace {

// Calls `visit(line number, line)` for the lines outside of code blocks.
void ForEachTextLine(
    absl::string_view markdown,
    const std::function<void(int, absl::string_view)>& visit) {
  bool in_block = false;
  int number = 0;
  for (absl::string_view line : Lines(markdown)) {
    ++number;
    if (absl::StartsWith(absl::StripLeadingAsciiWhitespace(line), "```")) {
      in_block = !in_block;
    } else if (!in_block) {
      visit(number, line);
    }
  }
}

// "docs/a.md" and "../x/./y" -> "x/y". Above the root: "..", which is nowhere.
std::string Resolve(absl::string_view from, absl::string_view link) {
  std::vector<absl::string_view> parts;
  const std::string path = absl::StartsWith(link, "/")
                               ? std::string(link)
                               : absl::StrCat(FolderOf(from), "/", link);
  for (absl::string_view part :
       absl::StrSplit(path, '/', absl::SkipEmpty())) {
    if (part == ".") continue;
    if (part == "..") {
      if (parts.empty()) return "..";
      parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  return absl::StrJoin(parts, "/");
}

}  // namespace

std::set<std::string> Anchors(absl::string_view markdown) {
  std::set<std::string> anchors;
  std::map<std::string, int> seen;
  ForEachTextLine(markdown, [&](int, absl::string_view line) {
    absl::string_view heading = line;
    while (absl::ConsumePrefix(&heading, "#")) {
    }
    if (heading.size() == line.size()) return;
    std::string anchor;
    for (char c : absl::StripAsciiWhitespace(heading)) {
      if (absl::ascii_isalnum(c) || c == '-' || c == '_' ||
          (static_cast<unsigned char>(c) & 0x80) != 0) {
        anchor += absl::ascii_tolower(c);
      } else if (c == ' ') {
        anchor += '-';
      }
    }
    const int times = seen[anchor]++;
    anchors.insert(times == 0 ? anchor : absl::StrCat(anchor, "-", times));
  });
  return anchors;
}

std::vector<Finding> CheckLinks(
    const SourceFile& file,
    const std::function<bool(const std::string& path)>& exists,
    const std::function<std::string(const std::string& path)>& read) {
  static const RE2* const kCodeSpan = new RE2("`[^`]*`");
  static const RE2* const kLink = new RE2(R"(\]\(([^)\s]+)[^)]*\))");
  static const RE2* const kWeb = new RE2(R"([a-z][a-z0-9+.-]*:.*)");
  std::vector<Finding> findings;
  if (KindOf(file) != FileKind::kMarkdown) return findings;
  ForEachTextLine(file.text, [&](int number, absl::string_view line) {
    std::string text(line);
    RE2::GlobalReplace(&text, *kCodeSpan, "");
    re2::StringPiece rest(text);
    std::string link;
    while (RE2::FindAndConsume(&rest, *kLink, &link)) {
      if (RE2::FullMatch(link, *kWeb)) continue;
      const std::vector<std::string> parts = absl::StrSplit(link, '#');
      const std::string path =
          parts[0].empty() ? file.path : Resolve(file.path, parts[0]);
      if (!exists(path)) {
        findings.push_back({file.path, number,
                            absl::StrCat("links to ", link,
                                         ", which does not exist"),
                            "correct the path"});
        continue;
      }
      if (parts.size() < 2 || !absl::EndsWith(path, ".md")) continue;
      const std::string markdown =
          path == file.path ? file.text : read(path);
      if (Anchors(markdown).count(parts[1]) == 0) {
        findings.push_back({file.path, number,
                            absl::StrCat("links to ", link, ", but ", path,
                                         " has no such heading"),
                            "correct the part after the '#'"});
      }
    }
  });
  return findings;
}

}  // namespace asupersync::tidy
