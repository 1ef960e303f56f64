#include "asupersync/task/obligation.h"

#include <ostream>
#include <source_location>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asupersync/base/place.h"
#include "asupersync/task/execution_context.h"
#include "asupersync/task/task_node.h"

namespace asupersync {

Obligation::Obligation(Obligation&& other) noexcept { TakeFrom(other); }

Obligation& Obligation::operator=(Obligation&& other) noexcept {
  if (this != &other) {
    Abort();
    TakeFrom(other);
  }
  return *this;
}

void Obligation::TakeFrom(Obligation& other) noexcept {
  if (!other.linked()) return;
  runtime_ = other.runtime_;
  region_ = other.region_;
  number_ = other.number_;
  reserved_at_ = other.reserved_at_;
  object_ = other.object_;
  holder_ = std::move(other.holder_);
  where_ = other.where_;
  kind_ = other.kind_;
  const TaskNode* const mover = execution_context.task;
  handed_over_ = execution_context.hands_over || mover == nullptr ||
                 CompactTaskId(mover->compact) != holder_.id;
  other.GivePlaceTo(*this);
}

std::string Obligation::ToString() const {
  return absl::StrCat(Name(kind_), " of ", holder_.ToString(), ", reserved at ",
                      PlaceOf(where_), " in step ", reserved_at_);
}

std::ostream& operator<<(std::ostream& out, const Obligation& obligation) {
  return out << (obligation.pending() ? obligation.ToString() : "none");
}

}  // namespace asupersync
