#include "asupersync/cli/json_writer.h"

#include <cstddef>

#include "absl/strings/str_format.h"

namespace asupersync::cli {
namespace {

// The length of the UTF-8 character at the start of `text`; 0 if there is none
// (also for surrogates, overlong forms and what is beyond U+10FFFF).
size_t Utf8Length(absl::string_view text) {
  const auto at = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto continues = [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      if ((at(i) & 0xc0) != 0x80) return false;
    }
    return true;
  };
  const unsigned c = at(0);
  if (c < 0x80) return 1;
  if (c >= 0xc2 && c <= 0xdf) return continues(1, 2) ? 2 : 0;
  if (c >= 0xe0 && c <= 0xef) {
    const bool bad = (c == 0xe0 && at(1) < 0xa0) || (c == 0xed && at(1) > 0x9f);
    return !bad && continues(1, 3) ? 3 : 0;
  }
  if (c >= 0xf0 && c <= 0xf4) {
    const bool bad = (c == 0xf0 && at(1) < 0x90) || (c == 0xf4 && at(1) > 0x8f);
    return !bad && continues(1, 4) ? 4 : 0;
  }
  return 0;
}

void AppendCharacter(absl::string_view character, std::string* out) {
  const auto c = static_cast<unsigned char>(character[0]);
  if (c == '"' || c == '\\') {
    out->push_back('\\');
    out->push_back(character[0]);
  } else if (c == '\n') {
    out->append("\\n");
  } else if (c < 0x20 || c == 0x7f) {
    absl::StrAppendFormat(out, "\\u%04x", c);
  } else if (c == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0) {
    absl::StrAppendFormat(out, "\\u%04x",
                          static_cast<unsigned char>(character[1]));
  } else {
    out->append(character.data(), character.size());
  }
}

// How many bytes from the start stand for themselves.
size_t PlainLength(absl::string_view text) {
  size_t length = 0;
  while (length < text.size()) {
    const auto c = static_cast<unsigned char>(text[length]);
    if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\') break;
    ++length;
  }
  return length;
}

void AppendString(absl::string_view text, std::string* out) {
  out->push_back('"');
  for (;;) {
    const size_t plain = PlainLength(text);
    out->append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const size_t length = Utf8Length(text);
    if (length == 0) {
      out->append("\xef\xbf\xbd");
    } else {
      AppendCharacter(text.substr(0, length), out);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out->push_back('"');
}

}  // namespace

std::string JsonString(absl::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  AppendString(text, &out);
  return out;
}

void JsonWriter::Flush() {
  out_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
  text_.clear();
}

// A whole value is there when the call that ends it returns.
void JsonWriter::FlushIfDue() {
  constexpr size_t kBytes = 4096;
  if (open_.empty() || text_.size() >= kBytes) Flush();
}

void JsonWriter::Separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (open_.empty()) return;
  Open& open = open_.back();
  if (!open.empty) text_.push_back(',');
  if (open.layout == kManyLines) {
    NewLine();
  } else if (!open.empty) {
    text_.push_back(' ');
  }
  open.empty = false;
}

void JsonWriter::NewLine() {
  text_.push_back('\n');
  text_.append(2 * open_.size(), ' ');
}

void JsonWriter::Begin(char bracket, Layout layout) {
  Separate();
  text_.push_back(bracket);
  if (!open_.empty() && open_.back().layout == kOneLine) layout = kOneLine;
  open_.push_back({bracket == '{' ? '}' : ']', layout});
}

void JsonWriter::End() {
  const Open open = open_.back();
  open_.pop_back();
  if (!open.empty && open.layout == kManyLines) NewLine();
  text_.push_back(open.end);
  FlushIfDue();
}

void JsonWriter::Key(absl::string_view name) {
  Separate();
  AppendString(name, &text_);
  text_.append(": ");
  after_key_ = true;
}

void JsonWriter::Value(absl::string_view text) {
  Separate();
  AppendString(text, &text_);
  FlushIfDue();
}

void JsonWriter::Value(double value) { Raw(absl::StrFormat("%.3f", value)); }

void JsonWriter::Decimal(uint64_t thousandths) {
  Raw(absl::StrFormat("%d.%03d", thousandths / 1000, thousandths % 1000));
}

void JsonWriter::Texts(absl::string_view name,
                       const std::vector<std::string>& texts) {
  Key(name);
  BeginArray();
  for (const std::string& text : texts) Value(text);
  End();
}

void JsonWriter::Raw(absl::string_view text) {
  Separate();
  text_.append(text.data(), text.size());
  FlushIfDue();
}

}  // namespace asupersync::cli
