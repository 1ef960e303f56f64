#include "asupersync/cli/trace_html_events.h"

#include <utility>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/chaos_kind.h"
#include "asupersync/base/choice_kind.h"
#include "asupersync/base/obligation_kind.h"
#include "asupersync/base/outcome.h"
#include "asupersync/cli/event_fields.h"

namespace asupersync::cli {
namespace {

using Json = nlohmann::ordered_json;

template <class E>
Json NamesOf(size_t count) {
  Json names;
  for (size_t i = 0; i < count; ++i) names.push_back(Name(static_cast<E>(i)));
  return names;
}

// What a field's number is, for who reads the page.
const char* TypeOf(EventKind kind, absl::string_view field) {
  if (field == "outcome") return "outcome";
  if (field == "mode") return "mode";
  if (absl::EndsWith(field, "_nanos")) return "ns";
  if (field == "object" || field == "value" || field == "seed") return "hex";
  if (field != "kind") return "count";
  switch (kind) {
    case EventKind::kTaskCancelRequested:
    case EventKind::kRegionCancelled:
      return "cancel";
    case EventKind::kObligationReserved:
      return "obligation";
    case EventKind::kChoice:
      return "choice";
    case EventKind::kChaosInjection:
      return "chaos";
    default:
      return "count";
  }
}

// Lists the fields of a kind with their types.
class FieldLister : public FieldVisitor {
 public:
  explicit FieldLister(EventKind kind) : kind_(kind) {}
  void Id(absl::string_view name, uint64_t) override {
    Add(name, absl::EndsWith(name, "region") ? "region" : "task");
  }
  void Number(absl::string_view name, uint64_t) override {
    Add(name, TypeOf(kind_, name));
  }
  void Signed(absl::string_view name, int64_t) override {
    Add(name, "signed");
  }
  void Text(absl::string_view name, absl::string_view) override {
    Add(name, "text");
  }
  const Json& fields() const { return fields_; }

 private:
  void Add(absl::string_view name, const char* type) {
    fields_.push_back({std::string(name), type});
  }

  EventKind kind_;
  Json fields_ = Json::array();
};

template <size_t... I>
Json KindList(std::index_sequence<I...>) {
  Json kinds = Json::array();
  const auto add = [&](const ReplayEvent& event) {
    FieldLister lister(Kind(event));
    VisitFields(event, lister);
    kinds.push_back({std::string(KindName(Kind(event))), lister.fields()});
  };
  (add(std::variant_alternative_t<I, ReplayEvent>()), ...);
  return kinds;
}

}  // namespace

void PutVarint(uint64_t value, std::string* bytes) {
  while (value >= 0x80) {
    bytes->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  bytes->push_back(static_cast<char>(value));
}

uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^
         static_cast<uint64_t>(value >> 63);
}

void TraceHtmlEvents::Add(const EventRecord& record) {
  ++size_;
  bytes_.push_back(static_cast<char>(Kind(record.event)));
  PutVarint(ZigZag(static_cast<int64_t>(record.tick - tick_)), &bytes_);
  tick_ = record.tick;
  PutVarint(record.site.AsRaw(), &bytes_);
  VisitFields(record.event, *this);
}

void TraceHtmlEvents::Id(absl::string_view, uint64_t id) {
  PutVarint(id, &bytes_);
}
void TraceHtmlEvents::Number(absl::string_view, uint64_t value) {
  PutVarint(value, &bytes_);
}
void TraceHtmlEvents::Signed(absl::string_view, int64_t value) {
  PutVarint(ZigZag(value), &bytes_);
}
void TraceHtmlEvents::Text(absl::string_view, absl::string_view text) {
  PutVarint(NumberOf(text), &bytes_);
}

uint32_t TraceHtmlEvents::NumberOf(absl::string_view text) {
  const size_t most = text_bytes_ < kAllTextBytesMax ? kTextBytesMax
                                                    : kShortTextBytesMax;
  std::string kept(text.substr(0, most));
  if (kept.size() < text.size()) {
    absl::StrAppend(&kept, "... (", text.size(), " bytes)");
  }
  const auto [found, is_new] =
      text_numbers_.try_emplace(kept, static_cast<uint32_t>(texts_.size()));
  if (is_new) {
    text_bytes_ += kept.size();
    texts_.push_back(std::move(kept));
  }
  return found->second;
}

std::string TraceHtmlEvents::Base64() const {
  return absl::Base64Escape(bytes_);
}

Json TraceHtmlEvents::Schema() {
  Json names;
  names["outcome"] = NamesOf<OutcomeKind>(kOutcomeKindCount);
  names["cancel"] = NamesOf<CancelKind>(kCancelKindCount);
  names["obligation"] = NamesOf<ObligationKind>(kObligationKindCount);
  names["choice"] = NamesOf<ChoiceKind>(kChoiceKindCount);
  names["chaos"] = NamesOf<ChaosKind>(kChaosKindCount);
  names["mode"] = {"read", "write"};
  Json schema;
  schema["kinds"] = KindList(std::make_index_sequence<kEventKindCount>());
  schema["names"] = std::move(names);
  return schema;
}

}  // namespace asupersync::cli
