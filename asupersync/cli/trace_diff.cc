#include "asupersync/cli/trace_diff.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/event_renderer.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/replay_trace.h"
#include "asupersync/trace/site_table.h"

namespace asupersync::cli {
namespace {

constexpr absl::string_view kHelp = R"(
Compares two traces event by event and prints the first difference: the last
events in common, then how each side goes on, with source lines. Differences of
the metadata, of source lines, of the certificate and of the fingerprint are
told as well, also when all events are the same. Both files are read to their
ends.

Exit status: 0 the same; 13 something differs; 2 a file cannot be read or is
damaged. A file that merely ends too soon is compared as far as it goes.

Example:
  asupersync trace diff before.async after.async
)";

constexpr size_t kBeforeMax = 8;
constexpr size_t kAfterMax = 4;

std::string Hex(uint64_t value) { return absl::StrFormat("0x%016x", value); }

using Differences = std::vector<std::string>;

void Compare(absl::string_view what, const std::string& a,
             const std::string& b, Differences* differences) {
  if (a == b) return;
  const auto text = [](const std::string& value) {
    return value.empty() ? "\"\"" : Printable(value);
  };
  differences->push_back(
      absl::StrCat(what, ": ", text(a), " in A, ", text(b), " in B"));
}

std::string ConfigText(const TraceMetadata& metadata) {
  std::string text;
  for (const auto& [key, value] : metadata.config) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", key, "=", value);
  }
  return text;
}

Differences CompareMetadata(const TraceMetadata& a, const TraceMetadata& b) {
  Differences differences;
  const auto text = [&](absl::string_view what, const std::string& in_a,
                        const std::string& in_b) {
    Compare(what, in_a, in_b, &differences);
  };
  const auto flag = [&](absl::string_view what, bool in_a, bool in_b) {
    text(what, in_a ? "yes" : "no", in_b ? "yes" : "no");
  };
  text("test", a.test_id, b.test_id);
  text("seed", Hex(a.seed), Hex(b.seed));
  text("schedule_seed", Hex(a.schedule_seed), Hex(b.schedule_seed));
  text("entropy_seed", Hex(a.entropy_seed), Hex(b.entropy_seed));
  text("fault_seed", Hex(a.fault_seed), Hex(b.fault_seed));
  text("fuzz_seed", Hex(a.fuzz_seed), Hex(b.fuzz_seed));
  text("config", ConfigText(a), ConfigText(b));
  text("config_hash", a.config_hash, b.config_hash);
  text("build_id", a.build_id, b.build_id);
  text("binary", a.binary, b.binary);
  text("library_version", a.library_version, b.library_version);
  flag("random values recorded", a.rng_recorded, b.rng_recorded);
  flag("wakes recorded", a.wakers_recorded, b.wakers_recorded);
  flag("accesses recorded", a.accesses_recorded, b.accesses_recorded);
  text("start_tick", absl::StrCat(a.start_tick), absl::StrCat(b.start_tick));
  text("start_certificate", Hex(a.start_certificate),
       Hex(b.start_certificate));
  return differences;
}

// One of the two files, and how far it is read.
class Side {
 public:
  Side(absl::string_view name, TraceReader& reader)
      : name_(name), reader_(reader), next_(reader.events().begin()) {}

  // The next event; null at the end and at damage.
  const EventRecord* Peek() const {
    if (next_ == std::default_sentinel || !(*next_).ok()) return nullptr;
    return &**next_;
  }
  void Pass() {
    ++events_;
    ++next_;
  }
  // REQUIRES: Peek() is null.
  absl::Status status() const {
    return next_ == std::default_sentinel ? absl::OkStatus()
                                          : (*next_).status();
  }

  absl::string_view name() const { return name_; }
  const TraceReader& reader() const { return reader_; }
  const Site& SiteOfNext() const { return SiteOf(reader_, Peek()->site); }

  // Passes the next events and prints them; or says that there is none.
  void PrintNext(std::ostream& out, EventRenderer renderer) {
    if (Peek() == nullptr) {
      out << "  " << name_ << " "
          << (!status().ok()                   ? "is damaged here"
              : reader_.recovered().empty()    ? "ends here"
                                               : "is cut off here")
          << "\n";
    }
    for (size_t i = 0; i < kAfterMax && Peek() != nullptr; ++i) {
      out << "  " << name_ << " " << renderer.Render(*Peek(), SiteOfNext())
          << "\n";
      Pass();
    }
  }
  void PassAll() {
    while (Peek() != nullptr) Pass();
  }

  std::string SummaryText() const {
    std::string text = absl::StrCat(events_, " events");
    if (const auto& summary = reader_.summary()) {
      absl::StrAppend(&text, ", tick ", summary->end_tick, ", certificate ",
                      Hex(summary->certificate), ", fingerprint ",
                      Hex(summary->fingerprint));
    }
    return text;
  }

 private:
  absl::string_view name_;
  TraceReader& reader_;
  TraceReader::Iterator next_;
  uint64_t events_ = 0;
};

// What the events of two traces have in common.
class Walk {
 public:
  Walk(Side& a, Side& b) : a_(a), b_(b) {}

  // Passes equal events of both sides.
  void PassCommon() {
    while (a_.Peek() != nullptr && b_.Peek() != nullptr) {
      const EventRecord& in_a = *a_.Peek();
      const EventRecord& in_b = *b_.Peek();
      if (in_a.tick != in_b.tick || in_a.event != in_b.event) return;
      if (!(a_.SiteOfNext() == b_.SiteOfNext())) NoteOtherSite(in_a.index);
      last_.push_back(in_a);
      if (last_.size() > kBeforeMax) {
        renderer_.Skip(last_.front());
        last_.pop_front();
      }
      ++common_;
      a_.Pass();
      b_.Pass();
    }
  }

  uint64_t common() const { return common_; }
  const Differences& other_sites() const { return other_sites_; }

  // The last events in common; the renderer then stands behind them.
  EventRenderer PrintLast(std::ostream& out) {
    for (const EventRecord& record : last_) {
      out << "    "
          << renderer_.Render(record, SiteOf(a_.reader(), record.site))
          << "\n";
    }
    last_.clear();
    return renderer_;
  }

 private:
  // Only the first: an inserted line moves all that follow.
  void NoteOtherSite(uint64_t index) {
    if (!other_sites_.empty()) return;
    Compare(absl::StrCat("source lines, first of event #", index),
            ToString(a_.SiteOfNext()), ToString(b_.SiteOfNext()),
            &other_sites_);
    // They may differ in the column alone.
    if (other_sites_.empty()) {
      other_sites_.push_back(
          absl::StrCat("source columns, first of event #", index));
    }
  }

  Side& a_;
  Side& b_;
  uint64_t common_ = 0;
  std::deque<EventRecord> last_;
  EventRenderer renderer_;  // stands before last_
  Differences other_sites_;
};

void Print(std::ostream& out, const Differences& differences) {
  for (const std::string& difference : differences) {
    out << "differs: " << difference << "\n";
  }
}

void CompareSummaries(const Side& a, const Side& b,
                      Differences* differences) {
  const auto& in_a = a.reader().summary();
  const auto& in_b = b.reader().summary();
  const auto complete = [](const TraceReader& reader) {
    return std::string(reader.recovered().empty() ? "complete" : "cut off");
  };
  Compare("state", complete(a.reader()), complete(b.reader()), differences);
  if (!in_a.has_value() || !in_b.has_value()) return;
  Compare("end tick", absl::StrCat(in_a->end_tick),
          absl::StrCat(in_b->end_tick), differences);
  Compare("certificate", Hex(in_a->certificate), Hex(in_b->certificate),
          differences);
  Compare("fingerprint", Hex(in_a->fingerprint), Hex(in_b->fingerprint),
          differences);
}

ExitCode CompareTraces(TraceReader& reader_a, TraceReader& reader_b,
                       const Output& output) {
  std::ostream& out = output.out;
  Side a("A", reader_a);
  Side b("B", reader_b);
  Differences differences =
      CompareMetadata(reader_a.metadata(), reader_b.metadata());
  Walk walk(a, b);
  walk.PassCommon();
  const bool events_differ = a.Peek() != nullptr || b.Peek() != nullptr;
  differences.insert(differences.end(), walk.other_sites().begin(),
                     walk.other_sites().end());
  if (!events_differ) CompareSummaries(a, b, &differences);
  Print(out, differences);
  if (events_differ) {
    out << "first difference of the events: #" << walk.common() << "\n";
    const EventRenderer renderer = walk.PrintLast(out);
    a.PrintNext(out, renderer);
    b.PrintNext(out, renderer);
  }
  ExitCode result = events_differ || !differences.empty()
                        ? ExitCode::kTracesDiffer
                        : ExitCode::kOk;
  for (Side* side : {&a, &b}) {
    side->PassAll();
    out << side->name() << ": " << Printable(side->reader().path()) << ", "
        << side->SummaryText() << "\n";
    if (!side->status().ok()) {
      PrintError(output, side->status().message());
      result = ExitCode::kInput;
    } else if (!side->reader().recovered().empty()) {
      PrintError(output, side->reader().recovered());
    }
  }
  if (result == ExitCode::kOk) {
    out << "the traces are the same\n";
  } else if (result == ExitCode::kTracesDiffer && !events_differ) {
    out << "the traces differ, but not in their events\n";
  } else if (result == ExitCode::kTracesDiffer) {
    out << "the traces differ\n";
  }
  return result;
}

ExitCode Run(const Arguments& arguments, const Output& output) {
  std::optional<TraceReader> a = OpenTrace(arguments.operand(0), output);
  std::optional<TraceReader> b = OpenTrace(arguments.operand(1), output);
  if (!a.has_value() || !b.has_value()) return ExitCode::kInput;
  return CompareTraces(*a, *b, output);
}

}  // namespace

const Command& TraceDiffCommand() {
  static const auto* const kCommand = new Command{
      "trace diff", "A B", "print the first difference of two traces", kHelp,
      {{}, {"A", "B"}}, &Run};
  return *kCommand;
}

}  // namespace asupersync::cli
