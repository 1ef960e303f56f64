#include "asupersync/cli/json_writer.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_format.h"
#include "asupersync/cli/quoting.h"

namespace asupersync::cli {
namespace {

void AppendCharacter(absl::string_view character, char32_t code_point,
                     std::string* out) {
  if (code_point == '"' || code_point == '\\') {
    out->push_back('\\');
    out->push_back(character[0]);
  } else if (code_point == '\n') {
    out->append("\\n");
  } else if (IsObeyed(code_point)) {  // none is beyond U+FFFF
    absl::StrAppendFormat(out, "\\u%04x", static_cast<uint32_t>(code_point));
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
    const Utf8Character first = FirstUtf8(text);
    if (first.length == 0) {
      out->append("\xef\xbf\xbd");
    } else {
      AppendCharacter(text.substr(0, first.length), first.code_point, out);
    }
    text.remove_prefix(first.length == 0 ? 1 : first.length);
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
