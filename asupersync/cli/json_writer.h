// JsonWriter writes one JSON value to a stream as it goes: a trace of any size
// becomes a document without being held in memory.
//
//   JsonWriter json(out);
//   json.BeginObject();
//   json.Key("events");
//   json.BeginArray();
//   json.BeginObject(JsonWriter::kOneLine);
//   json.Field("index", uint64_t{12});
//   json.End();  // of the event, ...
//
// 64-bit numbers are JSON numbers. Texts are UTF-8: bytes that are not are
// replaced by U+FFFD; what a terminal would obey (IsObeyed()) is escaped.
// (nlohmann/json, which reads JSON here, writes only what is in memory.)
//
// Determinism: a function of the calls.
//
// Lifetime: the stream must outlive it. A value is on the stream when the call
// that ends it returns; who writes to the stream in between writes too early.
#ifndef ASUPERSYNC_CLI_JSON_WRITER_H_
#define ASUPERSYNC_CLI_JSON_WRITER_H_

#include <concepts>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace asupersync::cli {

// `text` as a JSON string with its quotes.
std::string JsonString(absl::string_view text);

class JsonWriter {
 public:
  enum Layout { kManyLines, kOneLine };

  explicit JsonWriter(std::ostream& out) : out_(out) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  // What is inside a kOneLine is on that line, too.
  void BeginObject(Layout layout = kManyLines) { Begin('{', layout); }
  void BeginArray(Layout layout = kManyLines) { Begin('[', layout); }
  // Ends what was begun last.
  void End();

  // REQUIRES: in an object; a value follows.
  void Key(absl::string_view name);

  void Value(absl::string_view text);
  void Value(const std::string& text) { Value(absl::string_view(text)); }
  void Value(const char* text) { Value(absl::string_view(text)); }
  void Value(bool value) { Raw(value ? "true" : "false"); }
  void Value(std::unsigned_integral auto value) {
    Raw(absl::AlphaNum(static_cast<uint64_t>(value)).Piece());
  }
  void Value(std::signed_integral auto value) {
    Raw(absl::AlphaNum(static_cast<int64_t>(value)).Piece());
  }
  // A number with three digits behind the point.
  void Value(double value);
  // thousandths / 1000, exactly.
  void Decimal(uint64_t thousandths);
  void Null() { Raw("null"); }
  // `json` is a value, written by another JsonWriter.
  void Embed(absl::string_view json) { Raw(json); }
  // `fields` are fields of an object, one or more, with ", " between them.
  void EmbedFields(absl::string_view fields) { Raw(fields); }

  template <class T>
  void Field(absl::string_view name, const T& value) {
    Key(name);
    Value(value);
  }
  // nullopt is null.
  template <class T>
  void Field(absl::string_view name, const std::optional<T>& value) {
    Key(name);
    if (value.has_value()) {
      Value(*value);
    } else {
      Null();
    }
  }
  void Texts(absl::string_view name, const std::vector<std::string>& texts);

  // False once the stream does not take any more. What the stream does not have
  // yet, of a value that is not whole, is a few KiB.
  bool ok() const { return !out_.fail(); }

 private:
  struct Open {
    char end;
    Layout layout;
    bool empty = true;
  };
  void Begin(char bracket, Layout layout);
  // The comma and the white space before a key or an array's element.
  void Separate();
  void NewLine();
  void Raw(absl::string_view text);
  void Flush();
  void FlushIfDue();

  std::ostream& out_;
  std::vector<Open> open_;
  bool after_key_ = false;
  std::string text_;  // that the stream does not have yet
};

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_JSON_WRITER_H_
