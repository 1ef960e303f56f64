#include "asupersync/cli/event_fields.h"

#include <optional>
#include <type_traits>
#include <variant>

#include "asupersync/base/ids.h"

namespace asupersync::cli {
namespace {

void Visit(FieldVisitor& visitor, absl::string_view name, CompactTaskId id) {
  visitor.Id(name, id.AsRaw());
}
void Visit(FieldVisitor& visitor, absl::string_view name, CompactRegionId id) {
  visitor.Id(name, id.AsRaw());
}
void Visit(FieldVisitor& visitor, absl::string_view name,
           const std::optional<CompactTaskId>& id) {
  visitor.Id(name, id.value_or(CompactTaskId()).AsRaw());
}
void Visit(FieldVisitor& visitor, absl::string_view name, int64_t value) {
  visitor.Signed(name, value);
}
void Visit(FieldVisitor& visitor, absl::string_view name,
           const std::string& text) {
  visitor.Text(name, text);
}
template <class T>
  requires std::is_unsigned_v<T>
void Visit(FieldVisitor& visitor, absl::string_view name, T value) {
  visitor.Number(name, value);
}

}  // namespace

void VisitFields(const ReplayEvent& event, FieldVisitor& visitor) {
  // Every field of an event is one of these; the test says if one is missing.
#define ASUPERSYNC_VISIT(field) \
  if constexpr (requires { e.field; }) Visit(visitor, #field, e.field)
  std::visit(
      [&](const auto& e) {
        ASUPERSYNC_VISIT(task);
        ASUPERSYNC_VISIT(region);
        ASUPERSYNC_VISIT(at_tick);
        if constexpr (std::is_same_v<decltype(e), const RegionCreated&>) {
          Visit(visitor, "parent_region", e.parent);
        } else {
          ASUPERSYNC_VISIT(parent);
        }
        ASUPERSYNC_VISIT(timer_id);
        ASUPERSYNC_VISIT(deadline_nanos);
        ASUPERSYNC_VISIT(from_nanos);
        ASUPERSYNC_VISIT(to_nanos);
        ASUPERSYNC_VISIT(token);
        ASUPERSYNC_VISIT(readiness);
        ASUPERSYNC_VISIT(bytes);
        ASUPERSYNC_VISIT(error_kind);
        ASUPERSYNC_VISIT(seed);
        ASUPERSYNC_VISIT(value);
        ASUPERSYNC_VISIT(count);
        ASUPERSYNC_VISIT(obligation);
        ASUPERSYNC_VISIT(object);
        ASUPERSYNC_VISIT(kind);
        ASUPERSYNC_VISIT(mode);
        ASUPERSYNC_VISIT(chosen);
        ASUPERSYNC_VISIT(of);
        ASUPERSYNC_VISIT(outcome);
        ASUPERSYNC_VISIT(data);
        ASUPERSYNC_VISIT(text);
      },
      event);
#undef ASUPERSYNC_VISIT
}

}  // namespace asupersync::cli
