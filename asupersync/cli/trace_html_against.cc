#include "asupersync/cli/trace_html_against.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "asupersync/cli/event_filter.h"
#include "asupersync/cli/trace_html_events.h"

namespace asupersync::cli {
namespace {

using Json = nlohmann::ordered_json;

TraceScan Read(TraceReader& reader, const Output& output, bool with_accesses,
               Identities& identities, CausalTrace* trace) {
  TraceScan scan;
  const absl::Status status = ReadCausalTrace(
      reader, EventFilter::All(), output, identities, trace, with_accesses);
  scan.events = trace->read;
  if (!status.ok()) scan.damage = std::string(status.message());
  scan.summary = reader.summary();
  scan.recovered = reader.recovered();
  return scan;
}

}  // namespace

TraceComparison::TraceComparison(TraceReader& a, TraceReader& b,
                                 const Output& output) {
  const bool with_accesses =
      a.metadata().accesses_recorded && b.metadata().accesses_recorded;
  scans_[0] = Read(a, output, with_accesses, identities_, &traces_[0]);
  scans_[1] = Read(b, output, with_accesses, identities_, &traces_[1]);
  alignment_ = Align(traces_[0], traces_[1]);
  FindDifference();
}

uint64_t TraceComparison::IndexAt(int which, uint64_t position) const {
  const std::vector<CausalEvent>& events = traces_[which].events;
  return position < events.size() ? events[position].index
                                  : traces_[which].read;
}

void TraceComparison::FindDifference() {
  if (!alignment_.order_parts.has_value()) return;
  Difference& found = difference_.emplace();
  found.order_parts = IndexAt(0, *alignment_.order_parts);
  if (!alignment_.first.has_value()) {
    found.place = {found.order_parts, IndexAt(1, *alignment_.order_parts)};
    found.at = {found.place[0], found.place[1]};
    return;
  }
  found.path = identities_.PathOf(alignment_.first->owner);
  for (size_t i = 0; i < traces_.size(); ++i) {
    const std::vector<uint32_t>& sequence =
        traces_[i].SequenceOf(alignment_.first->owner);
    const uint32_t ordinal = alignment_.first->ordinal;
    if (ordinal < sequence.size()) {
      found.at[i] = traces_[i].events[sequence[ordinal]].index;
      found.place[i] = *found.at[i];
    } else if (!sequence.empty()) {
      found.place[i] = traces_[i].events[sequence.back()].index + 1;
    }
  }
}

Json TraceComparison::DifferenceJson() const {
  if (!difference_.has_value()) return nullptr;
  Json at = Json::array();
  for (const std::optional<uint64_t>& index : difference_->at) {
    at.push_back(index.has_value() ? Json(*index) : Json(nullptr));
  }
  return {{"path", difference_->path},
          {"at", std::move(at)},
          {"order", difference_->order_parts}};
}

bool TraceComparison::IsInCommon(const CausalEvent& event) const {
  return event.owner < alignment_.prefixes.size() &&
         event.ordinal < alignment_.prefixes[event.owner];
}

std::string TraceComparison::Twins(int which, const TraceWindow& window) const {
  const CausalTrace& other = traces_[1 - which];
  std::string bytes;
  uint64_t expected = 0;
  // Those that are compared are in the order of their indices.
  const std::vector<CausalEvent>& events = traces_[which].events;
  auto event = std::lower_bound(
      events.begin(), events.end(), window.from,
      [](const CausalEvent& e, uint64_t index) { return e.index < index; });
  for (uint64_t i = window.from; i < window.end; ++i) {
    const bool is_compared = event != events.end() && event->index == i;
    const CausalEvent* const e = is_compared ? &*event++ : nullptr;
    if (e == nullptr || !IsInCommon(*e)) {
      bytes.push_back('\0');
      continue;
    }
    const uint64_t index =
        other.events[other.SequenceOf(e->owner)[e->ordinal]].index;
    PutVarint(1 + ZigZag(static_cast<int64_t>(index - expected)), &bytes);
    expected = index + 1;
  }
  return absl::Base64Escape(bytes);
}

Json TraceComparison::SameTasks() const {
  std::map<uint32_t, uint64_t> in_first;  // identity -> number
  for (const auto& [number, identity] : traces_[0].tasks) {
    in_first[identity] = number;
  }
  Json same = Json::array();
  for (const auto& [number, identity] : traces_[1].tasks) {
    const auto found = in_first.find(identity);
    if (found != in_first.end()) same.push_back({number, found->second});
  }
  return same;
}

}  // namespace asupersync::cli
