#include "tools/tidy/source_file.h"

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace asupersync::tidy {
namespace {

bool IsWordCharacter(char c) { return absl::ascii_isalnum(c) || c == '_'; }

// Replaces everything in [from, to) but line ends.
void Blank(std::string& code, size_t from, size_t to) {
  for (size_t i = from; i < to && i < code.size(); ++i) {
    if (code[i] != '\n') code[i] = ' ';
  }
}

// The position after a quoted literal whose opening quote is at `open`. An
// unterminated one ends with its line.
size_t EndOfQuoted(absl::string_view text, size_t open) {
  for (size_t i = open + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == text[open] || text[i] == '\n') {
      return i + 1;
    }
  }
  return text.size();
}

// The same for a raw string literal.
size_t EndOfRaw(absl::string_view text, size_t open) {
  size_t parenthesis = text.find('(', open);
  if (parenthesis == text.npos) return text.size();
  std::string close = absl::StrCat(
      ")", text.substr(open + 1, parenthesis - open - 1), "\"");
  size_t end = text.find(close, parenthesis);
  return end == text.npos ? text.size() : end + close.size();
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Finding& finding) {
  return out << finding.path << ":" << finding.line << ": " << finding.what
             << ". Mend: " << finding.mend << ".";
}

FileKind KindOf(const SourceFile& file) {
  absl::string_view path = file.path;
  absl::string_view name = path.substr(path.rfind('/') + 1);
  if (absl::EndsWith(name, ".h") || absl::EndsWith(name, ".cc")) {
    return FileKind::kCc;
  }
  if (absl::EndsWith(name, ".md")) return FileKind::kMarkdown;
  if (absl::EndsWith(name, ".proto")) return FileKind::kProto;
  if (name == "WORKSPACE" || name == "BUILD" || name == "BUILD.bazel" ||
      absl::EndsWith(name, ".bzl") || absl::EndsWith(name, ".BUILD")) {
    return FileKind::kBazel;
  }
  absl::string_view first = file.text;
  first = first.substr(0, first.find('\n'));
  if (absl::EndsWith(name, ".sh") ||
      (absl::StartsWith(first, "#!") && absl::EndsWith(first, "sh"))) {
    return FileKind::kShell;
  }
  return FileKind::kOther;
}

std::vector<absl::string_view> Lines(absl::string_view text) {
  std::vector<absl::string_view> lines;
  while (!text.empty()) {
    size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string CodeOnly(absl::string_view text) {
  std::string code(text);
  size_t i = 0;
  while (i < text.size()) {
    char c = text[i];
    if (absl::StartsWith(text.substr(i), "//")) {
      size_t end = text.find('\n', i);
      if (end == text.npos) end = text.size();
      Blank(code, i, end);
      i = end;
    } else if (absl::StartsWith(text.substr(i), "/*")) {
      size_t end = text.find("*/", i + 2);
      end = end == text.npos ? text.size() : end + 2;
      Blank(code, i, end);
      i = end;
    } else if (c == '"') {
      bool raw = i > 0 && text[i - 1] == 'R';
      size_t end = raw ? EndOfRaw(text, i) : EndOfQuoted(text, i);
      Blank(code, i + 1, end - 1);
      i = end;
    } else if (c == '\'' && (i == 0 || !IsWordCharacter(text[i - 1]))) {
      // After a word character it separates digits: 1'000.
      size_t end = EndOfQuoted(text, i);
      Blank(code, i + 1, end - 1);
      i = end;
    } else {
      ++i;
    }
  }
  return code;
}

absl::string_view FolderOf(absl::string_view path) {
  size_t slash = path.rfind('/');
  return slash == path.npos ? absl::string_view() : path.substr(0, slash);
}

absl::string_view StemOf(absl::string_view path) {
  absl::string_view name = path.substr(path.rfind('/') + 1);
  return name.substr(0, name.find('.'));
}

}  // namespace asupersync::tidy
