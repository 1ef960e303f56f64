#include "asupersync/cli/quoting.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace asupersync::cli {
namespace {

bool IsPlain(char c) {
  constexpr absl::string_view kPlain = "%+,-./:=@_";
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         kPlain.find(c) != absl::string_view::npos;
}

bool IsPlain(absl::string_view word) {
  for (char c : word) {
    if (!IsPlain(c)) return false;
  }
  return !word.empty();
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto byte_at = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = byte_at(i);
    const unsigned char next = byte_at(i + 1);
    if (c < 0x20 || c == 0x7f) {
      absl::StrAppendFormat(&out, "\\x%02x", c);
    } else if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
      absl::StrAppendFormat(&out, "\\x%02x\\x%02x", c, next);
      ++i;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string ShellQuote(absl::string_view word) {
  if (IsPlain(word)) return std::string(word);
  if (Printable(word).size() != word.size()) {
    // As Printable() writes what a terminal would heed.
    return absl::StrCat("$'",
                        Printable(absl::StrReplaceAll(
                            word, {{"\\", "\\\\"}, {"'", "\\'"}})),
                        "'");
  }
  return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

std::string ShellQuote(const std::vector<std::string>& words) {
  return absl::StrJoin(words, " ", [](std::string* out, const auto& word) {
    out->append(ShellQuote(absl::string_view(word)));
  });
}

}  // namespace asupersync::cli
