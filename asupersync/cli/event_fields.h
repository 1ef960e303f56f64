// The fields of events by name: the one list from which JSON, protobuf text
// and comparisons are made.
//
//   class Print : public FieldVisitor { ... };
//   Print print;
//   VisitFields(record.event, print);  // Id("task", 3), Number("at_tick", 17)
//
// Names are those of the structs in asupersync/trace/event.h. They are part of
// what the program prints, and never change.
//
// Determinism: pure functions.
#ifndef ASUPERSYNC_CLI_EVENT_FIELDS_H_
#define ASUPERSYNC_CLI_EVENT_FIELDS_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "asupersync/trace/event.h"

namespace asupersync::cli {

class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;
  // The number of a task ("task", "parent") or region ("region",
  // "parent_region"); 0: none.
  virtual void Id(absl::string_view name, uint64_t id) = 0;
  virtual void Number(absl::string_view name, uint64_t value) = 0;
  // A number that stands for something ("outcome", "kind", "mode"), and its
  // name, "unknown" for a number of a later version. Else it is a Number().
  virtual void Named(absl::string_view name, uint64_t value,
                     absl::string_view) {
    Number(name, value);
  }
  virtual void Signed(absl::string_view name, int64_t value) = 0;
  // Bytes that the program has given; any.
  virtual void Text(absl::string_view name, absl::string_view text) = 0;
};

// Every field of `event`, always in the same order.
void VisitFields(const ReplayEvent& event, FieldVisitor& visitor);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_EVENT_FIELDS_H_
