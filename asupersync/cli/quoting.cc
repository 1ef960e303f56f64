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

// How many bytes the character has that starts so; 0: none does.
size_t LengthByFirst(unsigned char c) {
  if (c < 0x80) return 1;
  if (c < 0xc2) return 0;
  if (c < 0xe0) return 2;
  if (c < 0xf0) return 3;
  return c < 0xf5 ? 4 : 0;
}

}  // namespace

Utf8Character FirstUtf8(absl::string_view text) {
  // What needs so many bytes begins here; less is an overlong form.
  constexpr char32_t kFirst[] = {0, 0, 0x80, 0x800, 0x10000};
  if (text.empty()) return {};
  const auto c = static_cast<unsigned char>(text[0]);
  const size_t length = LengthByFirst(c);
  if (length == 0 || length > text.size()) return {};
  if (length == 1) return {1, c};
  char32_t point = c & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return {};
    point = point << 6 | (next & 0x3f);
  }
  const bool is_surrogate = point >= 0xd800 && point < 0xe000;
  if (point < kFirst[length] || is_surrogate || point > 0x10ffff) return {};
  return {length, point};
}

bool IsObeyed(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e ||
         c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

std::string Printable(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Character first = FirstUtf8(text);
    const size_t length = first.length == 0 ? 1 : first.length;
    if (first.length == 0 || IsObeyed(first.code_point)) {
      for (char c : text.substr(0, length)) {
        absl::StrAppendFormat(&out, "\\x%02x", static_cast<unsigned char>(c));
      }
    } else {
      out.append(text.data(), length);
    }
    text.remove_prefix(length);
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
