#include "asupersync/cli/event_fields.h"

#include <optional>
#include <type_traits>
#include <variant>

#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/chaos_kind.h"
#include "asupersync/base/choice_kind.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/obligation_kind.h"
#include "asupersync/base/outcome.h"

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

// The name of what e.kind is.
template <class E>
const char* NameOfKind(const E& e) {
  if constexpr (std::is_same_v<E, ChaosInjection>) {
    return Name(static_cast<ChaosKind>(e.kind));
  } else if constexpr (std::is_same_v<E, Choice>) {
    return Name(static_cast<ChoiceKind>(e.kind));
  } else if constexpr (std::is_same_v<E, ObligationReserved>) {
    return Name(static_cast<ObligationKind>(e.kind));
  } else {
    static_assert(std::is_same_v<E, TaskCancelRequested> ||
                  std::is_same_v<E, RegionCancelled>);
    return Name(static_cast<CancelKind>(e.kind));
  }
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
        if constexpr (requires { e.kind; }) {
          visitor.Named("kind", e.kind, NameOfKind(e));
        }
        if constexpr (requires { e.mode; }) {
          visitor.Named("mode", e.mode, e.mode == 0 ? "read" : "write");
        }
        ASUPERSYNC_VISIT(chosen);
        ASUPERSYNC_VISIT(of);
        if constexpr (requires { e.outcome; }) {
          visitor.Named("outcome", e.outcome,
                        Name(static_cast<OutcomeKind>(e.outcome)));
        }
        ASUPERSYNC_VISIT(data);
        ASUPERSYNC_VISIT(text);
      },
      event);
#undef ASUPERSYNC_VISIT
}

}  // namespace asupersync::cli
