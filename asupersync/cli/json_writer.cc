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

}  // namespace

std::string JsonString(absl::string_view text) {
  std::string out = "\"";
  out.reserve(text.size() + 2);
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) {
      out.append("\xef\xbf\xbd");
    } else {
      AppendCharacter(text.substr(0, length), &out);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out.push_back('"');
  return out;
}

void JsonWriter::Separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (open_.empty()) return;
  Open& open = open_.back();
  if (!open.empty) out_ << ",";
  if (open.layout == kManyLines) {
    out_ << "\n" << std::string(2 * open_.size(), ' ');
  } else if (!open.empty) {
    out_ << " ";
  }
  open.empty = false;
}

void JsonWriter::Begin(char bracket, Layout layout) {
  Separate();
  out_ << bracket;
  if (!open_.empty() && open_.back().layout == kOneLine) layout = kOneLine;
  open_.push_back({bracket == '{' ? '}' : ']', layout});
}

void JsonWriter::End() {
  const Open open = open_.back();
  open_.pop_back();
  if (!open.empty && open.layout == kManyLines) {
    out_ << "\n" << std::string(2 * open_.size(), ' ');
  }
  out_ << open.end;
}

void JsonWriter::Key(absl::string_view name) {
  Separate();
  out_ << JsonString(name) << ": ";
  after_key_ = true;
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
  out_ << text;
}

}  // namespace asupersync::cli
