// How `trace html` writes events into its page: bytes that the page's script
// (html/decode.js) reads with the help of a schema beside them.
//
//   TraceHtmlEvents events;
//   events.Add(record);
//   page["events"] = events.Base64();
//   page["texts"] = events.texts();
//   page["schema"] = TraceHtmlEvents::Schema();
//
// An event is its kind's number (1 byte), the difference of its tick to that
// of the event before (or to `first_tick`), its site's number and the kind's
// fields in the order of the schema, all as LEB128 numbers; differences and
// signed fields are zigzag-coded. Texts are numbers of texts().
//
// Determinism: a function of the events.
//
// Invariants:
// 1. The schema and the bytes come from one list of fields (VisitFields), so
//    they cannot disagree.
#ifndef ASUPERSYNC_CLI_TRACE_HTML_EVENTS_H_
#define ASUPERSYNC_CLI_TRACE_HTML_EVENTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/event_fields.h"
#include "asupersync/trace/event.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {

// Appends `value` as LEB128.
void PutVarint(uint64_t value, std::string* bytes);
uint64_t ZigZag(int64_t value);

class TraceHtmlEvents : private FieldVisitor {
 public:
  // Longer texts of the program are cut there, with a note.
  static constexpr size_t kTextBytesMax = 2000;
  // Once there are so many bytes of text, longer ones are cut to the second
  // number: a page must not grow without bound.
  static constexpr size_t kAllTextBytesMax = 16 << 20;
  static constexpr size_t kShortTextBytesMax = 40;

  explicit TraceHtmlEvents(uint64_t first_tick = 0) : tick_(first_tick) {}

  void Add(const EventRecord& record);
  // The number of `text`, for what stands beside the events.
  uint32_t NumberOf(absl::string_view text);

  uint64_t size() const { return size_; }
  std::string Base64() const;
  const std::vector<std::string>& texts() const { return texts_; }

  // {"kinds": [[name, [[field, type], ...]], ...],
  //  "names": {type: [name, ...], ...}}
  // with kind n at n - 1. Types: task, region, text, ns, count, hex, signed,
  // and those that have names for their numbers.
  static nlohmann::ordered_json Schema();

 private:
  void Id(absl::string_view name, uint64_t id) override;
  void Number(absl::string_view name, uint64_t value) override;
  void Signed(absl::string_view name, int64_t value) override;
  void Text(absl::string_view name, absl::string_view text) override;

  std::string bytes_;
  uint64_t size_ = 0;
  uint64_t tick_;
  std::vector<std::string> texts_;
  size_t text_bytes_ = 0;
  // Looked up only, never iterated.
  absl::flat_hash_map<std::string, uint32_t> text_numbers_;
};

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_HTML_EVENTS_H_
