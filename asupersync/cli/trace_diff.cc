#include "asupersync/cli/trace_diff.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/seed.h"
#include "asupersync/cli/event_filter.h"
#include "asupersync/cli/event_json.h"
#include "asupersync/cli/event_renderer.h"
#include "asupersync/cli/json_writer.h"
#include "asupersync/cli/metadata_diff.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/trace_alignment.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/replay_trace.h"
#include "asupersync/trace/site_table.h"

namespace asupersync::cli {
namespace {

constexpr absl::string_view kHelp = R"(
Compares what each task does in two traces. A task is known by its path from
the root (the n-th child of its parent), whatever its number and whenever it
runs, so that steps which only come in another order are no difference in
themselves. Prints

  differs: ...              differences of the metadata, and of source lines
  the order parts at ...    where the traces, read in order, first differ
  first causal difference   the first event that a task has in only one of them,
                            or that something else has woken, and that follows
                            from no other such difference; with the events of
                            the task before it ('<-': what woke it) and how each
                            side goes on
  only the first ...        how many more tasks part on their own, and which

If there is only another order, the steps there are shown. With options, only
the events that they take are compared.

Which steps depend on each other is known by wakes and spawns, and by accesses
to shared objects if both traces have them. Without them the first causal
difference may only follow from an access, such as a Join that waits in one run
and not in the other; a line says so. A test records accesses with
--lab_record=accesses (ASUPERSYNC_RECORD); a trace without them gets them by
being replayed with it.

With --format=json: "same", "differences" (texts), "common" (events in common),
"accesses_compared" (both traces have them), "order_parts" and
"first_difference" (null, or objects with the events as 'trace export
--to=jsonl' writes them), "other_differences" (the paths of the tasks that part
on their own as well), "a", "b" (path, events, state).

Exit status: 0 the same; 13 something differs; 1 wrong usage; 2 a file cannot be
read or is damaged. A file that merely ends too soon is compared as far as it
goes.

Examples:
  asupersync trace diff passed.async failed.async
  asupersync trace diff before.async after.async --kind=UserTrace
)";

constexpr uint32_t kBeforeMax = 6;
constexpr uint32_t kAfterMax = 4;

// An event as it is shown.
struct Shown {
  std::string line;
  std::string json;
  std::string task;  // in whose step it is: "T2(producer)" or "-"
};

// One of the two traces.
struct Side {
  absl::string_view name;
  TraceReader& reader;
  EventFilter& filter;
  CausalTrace trace;
  absl::Status damage;
  std::map<uint64_t, Shown> shown;  // by index

  void Read(const Output& output, Identities& identities,
            bool with_accesses) {
    damage = ReadCausalTrace(reader, filter, output, identities, &trace,
                             with_accesses);
    recovered = reader.recovered();
    summary = reader.summary();
  }
  // Known after Read(); another pass over the reader forgets them.
  std::string recovered;
  std::optional<TraceSummary> summary;

  const char* State() const {
    if (!damage.ok()) return "damaged";
    return recovered.empty() ? "complete" : "cut off";
  }
  // Of a sequence of the trace.
  absl::string_view Ending() const {
    if (!damage.ok()) return "is damaged behind this";
    return recovered.empty() ? "has no more of it" : "is cut off here";
  }
  const CausalEvent* At(uint32_t position) const {
    return position < trace.events.size() ? &trace.events[position] : nullptr;
  }
};

using Indices = std::vector<uint64_t>;

// Renders the events with these indices, which are in `wanted`.
void Render(const std::set<uint64_t>& wanted, const Output& output,
            Side* side) {
  if (wanted.empty()) return;
  EventRenderer renderer;
  WalkEvents(side->reader, output, [&](const EventRecord& record) {
    renderer.Enter(record);
    if (wanted.count(record.index) > 0) {
      const Site& site = SiteOf(side->reader, record.site);
      std::ostringstream json;
      JsonWriter writer(json);
      WriteEvent(record, site, renderer, writer);
      side->shown[record.index] = {renderer.Line(record, site), json.str(),
                                   renderer.TaskText(renderer.running())};
    }
    renderer.Leave(record);
    return record.index < *wanted.rbegin();
  }).IgnoreError();  // told by the first pass
}

// What is shown of a difference: events of A before it, and of each side.
struct Excerpt {
  Indices before;
  Indices in_a;
  Indices in_b;
  // What woke or spawned the first of in_a and in_b.
  std::optional<uint64_t> cause_a;
  std::optional<uint64_t> cause_b;
};

std::optional<uint64_t> CauseOf(const CausalTrace& trace,
                                const CausalEvent& event) {
  if (event.cause == 0) return std::nullopt;
  return trace.events[event.cause - 1].index;
}

Excerpt ExcerptOf(const CausalDifference& difference, const CausalTrace& a,
                  const CausalTrace& b) {
  Excerpt excerpt;
  const auto after = [&](const CausalTrace& trace, Indices* indices,
                         std::optional<uint64_t>* cause) {
    const std::vector<uint32_t>& sequence = trace.SequenceOf(difference.owner);
    for (uint32_t i = difference.ordinal;
         i < sequence.size() && indices->size() < kAfterMax; ++i) {
      const CausalEvent& event = trace.events[sequence[i]];
      if (indices->empty()) *cause = CauseOf(trace, event);
      indices->push_back(event.index);
    }
  };
  after(a, &excerpt.in_a, &excerpt.cause_a);
  after(b, &excerpt.in_b, &excerpt.cause_b);
  const std::vector<uint32_t>& sequence = a.SequenceOf(difference.owner);
  for (uint32_t i = difference.ordinal - std::min(difference.ordinal,
                                                  kBeforeMax);
       i < difference.ordinal; ++i) {
    excerpt.before.push_back(a.events[sequence[i]].index);
  }
  return excerpt;
}

Excerpt ExcerptOfOrder(uint32_t position, const CausalTrace& a,
                       const CausalTrace& b) {
  Excerpt excerpt;
  const auto take = [](const CausalTrace& trace, uint32_t from, uint32_t to,
                       Indices* indices) {
    for (uint32_t i = from; i < to && i < trace.events.size(); ++i) {
      indices->push_back(trace.events[i].index);
    }
  };
  take(a, position - std::min(position, kBeforeMax), position, &excerpt.before);
  take(a, position, position + kAfterMax, &excerpt.in_a);
  take(b, position, position + kAfterMax, &excerpt.in_b);
  return excerpt;
}

void AddTo(const Excerpt& excerpt, std::set<uint64_t>* in_a,
           std::set<uint64_t>* in_b) {
  in_a->insert(excerpt.before.begin(), excerpt.before.end());
  in_a->insert(excerpt.in_a.begin(), excerpt.in_a.end());
  in_b->insert(excerpt.in_b.begin(), excerpt.in_b.end());
  if (excerpt.cause_a.has_value()) in_a->insert(*excerpt.cause_a);
  if (excerpt.cause_b.has_value()) in_b->insert(*excerpt.cause_b);
}

void PrintSide(const Side& side, const Indices& indices,
               const std::optional<uint64_t>& cause, std::ostream& out) {
  if (cause.has_value()) {
    out << "  " << side.name << " <- " << side.shown.at(*cause).line << "\n";
  }
  for (uint64_t index : indices) {
    out << "  " << side.name << " " << side.shown.at(index).line << "\n";
  }
  if (indices.size() < kAfterMax) {
    out << "  " << side.name << " " << side.Ending() << "\n";
  }
}

void PrintExcerpt(const Excerpt& excerpt, const Side& a, const Side& b,
                  std::ostream& out) {
  for (uint64_t index : excerpt.before) {
    out << "    " << a.shown.at(index).line << "\n";
  }
  PrintSide(a, excerpt.in_a, excerpt.cause_a, out);
  PrintSide(b, excerpt.in_b, excerpt.cause_b, out);
}

void WriteEvents(absl::string_view name, const Side& side,
                 const Indices& indices, JsonWriter& json) {
  json.Key(name);
  json.BeginArray();
  for (uint64_t index : indices) json.Embed(side.shown.at(index).json);
  json.End();
}

void WriteExcerpt(const Excerpt& excerpt, const Side& a, const Side& b,
                  JsonWriter& json) {
  WriteEvents("before", a, excerpt.before, json);
  WriteEvents("a", a, excerpt.in_a, json);
  WriteEvents("b", b, excerpt.in_b, json);
  json.Field("cause_a", excerpt.cause_a);
  json.Field("cause_b", excerpt.cause_b);
}

// Differences that are not of the events.
Differences OtherDifferences(const Side& a, const Side& b,
                             const Alignment& alignment) {
  Differences differences =
      CompareMetadata(a.reader.metadata(), b.reader.metadata());
  CompareTexts("state", a.State(), b.State(), &differences);
  if (!a.summary.has_value() || !b.summary.has_value()) return differences;
  if (alignment.first.has_value()) return differences;  // follow from it
  CompareTexts("end tick", absl::StrCat(a.summary->end_tick),
          absl::StrCat(b.summary->end_tick), &differences);
  CompareTexts("certificate", FormatSeed(a.summary->certificate),
          FormatSeed(b.summary->certificate), &differences);
  CompareTexts("fingerprint", FormatSeed(a.summary->fingerprint),
          FormatSeed(b.summary->fingerprint), &differences);
  return differences;
}

std::string SummaryText(const Side& side) {
  std::string text = absl::StrCat(side.trace.events.size(), " events");
  if (side.summary.has_value()) {
    absl::StrAppend(&text, ", tick ", side.summary->end_tick, ", certificate ",
                    FormatSeed(side.summary->certificate), ", fingerprint ",
                    FormatSeed(side.summary->fingerprint));
  }
  return text;
}

bool HasAccesses(const Side& side) {
  return side.reader.metadata().accesses_recorded;
}

bool CompareAccesses(const Side& a, const Side& b) {
  return HasAccesses(a) && HasAccesses(b);
}

// What to think of a first difference if accesses are not compared.
std::string AccessesText(const Side& a, const Side& b) {
  const std::string who = HasAccesses(a)   ? "only A has accesses"
                          : HasAccesses(b) ? "only B has accesses"
                                           : "neither trace has accesses";
  return absl::StrCat(
      "note: ", who, " to shared objects: this may follow from one, not be "
      "the cause; record them with --lab_record=accesses, also in a replay");
}

// The comparison, and all that is shown of it.
class Comparison {
 public:
  Comparison(Side& a, Side& b, const Identities& identities)
      : a_(a), b_(b), identities_(identities), alignment_(Align(a.trace,
                                                                b.trace)) {}

  void Prepare(const Output& output) {
    std::set<uint64_t> wanted_a;
    std::set<uint64_t> wanted_b;
    if (alignment_.first.has_value()) {
      causal_ = ExcerptOf(*alignment_.first, a_.trace, b_.trace);
    }
    if (alignment_.order_parts.has_value()) {
      order_ = ExcerptOfOrder(*alignment_.order_parts, a_.trace, b_.trace);
    }
    for (const Excerpt& excerpt : {causal_, order_}) {
      AddTo(excerpt, &wanted_a, &wanted_b);
    }
    Indices site_a;
    Indices site_b;
    if (alignment_.other_site.has_value()) {
      site_a = {a_.At(alignment_.other_site->first)->index};
      site_b = {b_.At(alignment_.other_site->second)->index};
      wanted_a.insert(site_a[0]);
      wanted_b.insert(site_b[0]);
    }
    Render(wanted_a, output, &a_);
    Render(wanted_b, output, &b_);
    differences_ = OtherDifferences(a_, b_, alignment_);
    if (alignment_.other_site.has_value()) {
      differences_.push_back(absl::StrCat(
          "source lines or columns, first: ", a_.shown.at(site_a[0]).line,
          " in A, ", b_.shown.at(site_b[0]).line, " in B"));
    }
  }

  bool events_differ() const { return alignment_.order_parts.has_value(); }
  bool same() const { return !events_differ() && differences_.empty(); }

  void Print(std::ostream& out) const {
    for (const std::string& difference : differences_) {
      out << "differs: " << difference << "\n";
    }
    if (events_differ()) {
      out << "the order parts at " << PlaceText(order_) << "\n";
      // Unless the lines below say it.
      if (alignment_.first.has_value() && PlaceText(order_) !=
                                              PlaceText(causal_)) {
        PrintFirst(a_, order_.in_a, out);
        PrintFirst(b_, order_.in_b, out);
      }
    }
    if (alignment_.first.has_value()) {
      out << "first causal difference: " << PlaceText(causal_) << ", in "
          << OwnerText() << ", its event "
          << alignment_.first->ordinal + 1 << "\n";
      PrintExcerpt(causal_, a_, b_, out);
      if (!alignment_.others.empty()) out << OthersText() << "\n";
      if (!CompareAccesses(a_, b_)) out << AccessesText(a_, b_) << "\n";
    } else if (events_differ()) {
      out << "every task does the same in both\n";
      PrintExcerpt(order_, a_, b_, out);
    }
    for (const Side* side : {&a_, &b_}) {
      out << side->name << ": " << Printable(side->reader.path()) << ", "
          << SummaryText(*side) << "\n";
    }
  }

  void WriteJson(JsonWriter& json) const {
    json.Field("same", same());
    json.Texts("differences", differences_);
    json.Field("common", alignment_.common);
    json.Field("accesses_compared", CompareAccesses(a_, b_));
    json.Key("order_parts");
    if (events_differ()) {
      json.BeginObject();
      WriteExcerpt(order_, a_, b_, json);
      json.End();
    } else {
      json.Null();
    }
    json.Key("first_difference");
    if (alignment_.first.has_value()) {
      json.BeginObject();
      json.Field("task_path", identities_.PathOf(alignment_.first->owner));
      json.Field("task", OwnerName());
      json.Field("ordinal", alignment_.first->ordinal);
      WriteExcerpt(causal_, a_, b_, json);
      json.End();
    } else {
      json.Null();
    }
    std::vector<std::string> others;
    for (uint32_t owner : alignment_.others) {
      others.push_back(identities_.PathOf(owner));
    }
    json.Texts("other_differences", others);
    for (const Side* side : {&a_, &b_}) {
      json.Key(side == &a_ ? "a" : "b");
      json.BeginObject();
      json.Field("path", side->reader.path());
      json.Field("events", side->trace.events.size());
      json.Field("state", side->State());
      json.End();
    }
  }

 private:
  static void PrintFirst(const Side& side, const Indices& indices,
                         std::ostream& out) {
    if (indices.empty()) return;
    out << "  " << side.name << " " << side.shown.at(indices[0]).line << "\n";
  }
  static std::string PlaceText(const Excerpt& excerpt) {
    const auto text = [](const Indices& indices) {
      return indices.empty() ? std::string("its end")
                             : absl::StrCat("#", indices[0]);
    };
    const std::string in_a = text(excerpt.in_a);
    const std::string in_b = text(excerpt.in_b);
    if (in_a == in_b) return in_a;
    return absl::StrCat(in_a, " of A, ", in_b, " of B");
  }
  // "T2(producer)"; of B if A does not have it.
  std::string OwnerName() const {
    if (alignment_.first->owner == Identities::kLab) return "-";
    if (!causal_.before.empty()) return a_.shown.at(causal_.before[0]).task;
    if (!causal_.in_a.empty()) return a_.shown.at(causal_.in_a[0]).task;
    return b_.shown.at(causal_.in_b[0]).task;
  }
  std::string OwnerText() const {
    const std::string path = identities_.PathOf(alignment_.first->owner);
    if (alignment_.first->owner == Identities::kLab) return path;
    return absl::StrCat("task ", OwnerName(), ", path ", path);
  }

  // "T3, path 1.2", by its number in A, or of B if A does not have it.
  std::string TaskText(uint32_t identity) const {
    const std::string path = identities_.PathOf(identity);
    for (const Side* side : {&a_, &b_}) {
      for (const auto& [number, task] : side->trace.tasks) {
        if (task == identity) return absl::StrCat("T", number, ", path ", path);
      }
    }
    return path;
  }
  std::string OthersText() const {
    constexpr size_t kShown = 5;
    const size_t count = alignment_.others.size();
    std::string text = absl::StrCat(
        "only the first difference is shown; ", count,
        count == 1 ? " more follows" : " more follow",
        " from no other one, as far as the traces tell: ");
    for (size_t i = 0; i < count && i < kShown; ++i) {
      absl::StrAppend(&text, i == 0 ? "" : "; ",
                      TaskText(alignment_.others[i]));
    }
    absl::StrAppend(&text, count > kShown ? "; ..." : "",
                    " (--task shows those of a task)");
    return text;
  }

  Side& a_;
  Side& b_;
  const Identities& identities_;
  const Alignment alignment_;
  Excerpt causal_;
  Excerpt order_;
  Differences differences_;
};

ExitCode Finish(const Comparison& comparison, const Side& a, const Side& b,
                const Output& output) {
  if (output.json != nullptr) {
    comparison.WriteJson(*output.json);
  } else {
    comparison.Print(output.out);
  }
  bool damaged = false;
  for (const Side* side : {&a, &b}) {
    if (!side->damage.ok()) {
      PrintError(output, side->damage.message());
      damaged = true;
    } else if (!side->recovered.empty()) {
      PrintError(output, side->recovered);
    }
  }
  if (damaged) return ExitCode::kInput;
  output.out << (comparison.same() ? "the traces are the same\n"
                 : comparison.events_differ()
                     ? "the traces differ\n"
                     : "the traces differ, but not in their events\n");
  return comparison.same() ? ExitCode::kOk : ExitCode::kTracesDiffer;
}

ExitCode Run(const Arguments& arguments, const Output& output) {
  absl::StatusOr<EventFilter> for_a = EventFilter::FromArguments(arguments);
  absl::StatusOr<EventFilter> for_b = EventFilter::FromArguments(arguments);
  if (!for_a.ok()) {
    return UsageError(output, "trace diff", for_a.status().message());
  }
  std::optional<TraceReader> in_a = OpenTrace(arguments.operand(0), output);
  std::optional<TraceReader> in_b = OpenTrace(arguments.operand(1), output);
  if (!in_a.has_value() || !in_b.has_value()) return ExitCode::kInput;
  Identities identities;
  Side a = {"A", *in_a, *for_a, {}, {}, {}, {}, {}};
  Side b = {"B", *in_b, *for_b, {}, {}, {}, {}, {}};
  // A task that only one of them has is a difference.
  const absl::Status none_in_a = for_a->Prepare(*in_a, output);
  const absl::Status none_in_b = for_b->Prepare(*in_b, output);
  if (!none_in_a.ok() && !none_in_b.ok()) {
    PrintError(output, none_in_a.message());
    return ExitCode::kInput;
  }
  const bool with_accesses = CompareAccesses(a, b);
  for (Side* side : {&a, &b}) side->Read(output, identities, with_accesses);
  Comparison comparison(a, b, identities);
  comparison.Prepare(output);
  return Finish(comparison, a, b, output);
}

}  // namespace

const Command& TraceDiffCommand() {
  static const auto* const kCommand = new Command{
      "trace diff", "A B [OPTIONS]", "print the first difference of two traces",
      kHelp,        {FilterOptions(), {"A", "B"}}, &Run};
  return *kCommand;
}

}  // namespace asupersync::cli
