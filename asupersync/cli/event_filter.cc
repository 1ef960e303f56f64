#include "asupersync/cli/event_filter.h"

#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/trace_input.h"

namespace asupersync::cli {
namespace {

absl::Status Wrong(absl::string_view option, absl::string_view text,
                   absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("--", option, " ", ShellQuote(Printable(text)), " ", what));
}

// SimpleAtoi() would take blanks and a sign, too.
template <class T>
bool ReadNumber(absl::string_view text, T* number) {
  return !text.empty() &&
         text.find_first_not_of("0123456789") == absl::string_view::npos &&
         absl::SimpleAtoi(text, number);
}

bool EqualsIgnoringCase(absl::string_view a, absl::string_view b) {
  return absl::AsciiStrToLower(a) == absl::AsciiStrToLower(b);
}

// Whether `end` is `file` or its last folders and name.
bool IsEndOfPath(absl::string_view file, absl::string_view end) {
  if (!absl::EndsWith(file, end)) return false;
  return file.size() == end.size() || end[0] == '/' ||
         file[file.size() - end.size() - 1] == '/';
}

std::vector<absl::string_view> KindNames() {
  std::vector<absl::string_view> names;
  for (int number = 1; number <= kEventKindCount; ++number) {
    names.push_back(KindName(static_cast<EventKind>(number)));
  }
  return names;
}

}  // namespace

std::vector<OptionSpec> FilterOptions(const std::vector<OptionSpec>& own,
                                      absl::string_view range_end) {
  std::vector<OptionSpec> options = {
      {"filter", "RE2",
       "only events whose line (as 'trace events' prints it) the regular "
       "expression matches somewhere; the syntax is that of "
       "https://github.com/google/re2/wiki/Syntax"},
      {"task", "TASK",
       "only events in steps of this task or about it: a number (3 or T3) or "
       "a name"},
      {"kind", "KINDS",
       "only events of these kinds: names with commas between them, such as "
       "UserTrace,TaskCompleted",
       {},
       KindNames()},
      {"site", "FILE[:LINE]",
       "only events caused by this source file, or line of it; the end of the "
       "file's path is enough"},
      {"from", "N", "begin with event N, or with step N: tick:N"},
      {range_end, "N", "end with event N, or step N: tick:N; included"},
  };
  options.insert(options.end(), own.begin(), own.end());
  return options;
}

absl::StatusOr<EventFilter> EventFilter::FromArguments(
    const Arguments& arguments, absl::string_view range_end) {
  EventFilter filter;
  absl::Status status = filter.ReadRange(arguments, range_end);
  const auto read = [&](absl::string_view option,
                        absl::Status (EventFilter::*reader)(
                            const std::string&)) {
    const std::optional<std::string> text = arguments.value(option);
    if (!text.has_value()) return;
    filter.active_ = true;
    status.Update((filter.*reader)(*text));
  };
  read("filter", &EventFilter::ReadExpression);
  read("task", &EventFilter::ReadTask);
  read("kind", &EventFilter::ReadKinds);
  read("site", &EventFilter::ReadSite);
  if (!status.ok()) return status;
  return filter;
}

absl::Status EventFilter::ReadRange(const Arguments& arguments,
                                    absl::string_view range_end) {
  const auto read = [&](absl::string_view option, uint64_t* index,
                        uint64_t* tick) -> absl::Status {
    const std::optional<std::string> text = arguments.value(option);
    if (!text.has_value()) return absl::OkStatus();
    active_ = true;
    absl::string_view number = *text;
    uint64_t* const bound = absl::ConsumePrefix(&number, "tick:") ? tick
                                                                  : index;
    if (ReadNumber(number, bound)) return absl::OkStatus();
    return Wrong(option, *text,
                 "is no number of an event (5) or a step (tick:5) below 2^64");
  };
  if (absl::Status s = read("from", &from_, &from_tick_); !s.ok()) return s;
  if (absl::Status s = read(range_end, &to_, &to_tick_); !s.ok()) return s;
  if (from_ > to_ || from_tick_ > to_tick_) {
    return absl::InvalidArgumentError(
        absl::StrCat("--from ", *arguments.value("from"), " is after --",
                     range_end, " ", *arguments.value(range_end)));
  }
  return absl::OkStatus();
}

absl::Status EventFilter::ReadExpression(const std::string& text) {
  RE2::Options options;
  options.set_log_errors(false);
  expression_ = std::make_unique<const RE2>(text, options);
  if (expression_->ok()) return absl::OkStatus();
  return Wrong("filter", text,
               absl::StrCat("is no RE2 expression: ", expression_->error()));
}

absl::Status EventFilter::ReadTask(const std::string& text) {
  absl::string_view number = text;
  absl::ConsumePrefix(&number, "T");
  uint64_t task = 0;
  if (text.empty()) return Wrong("task", text, "names no task");
  if (ReadNumber(number, &task)) {
    tasks_.emplace({task});
  } else {
    task_name_ = text;
  }
  return absl::OkStatus();
}

absl::Status EventFilter::ReadKinds(const std::string& text) {
  kinds_.emplace();
  for (absl::string_view name : absl::StrSplit(text, ',')) {
    bool found = false;
    for (int number = 1; number <= kEventKindCount && !found; ++number) {
      found = EqualsIgnoringCase(KindName(static_cast<EventKind>(number)),
                                 name);
      if (found) kinds_->set(number);
    }
    if (found) continue;
    return Wrong("kind", name,
                 absl::StrCat("is no kind of event; there are ",
                              absl::StrJoin(KindNames(), ", ")));
  }
  return absl::OkStatus();
}

absl::Status EventFilter::ReadSite(const std::string& text) {
  const size_t colon = text.rfind(':');
  site_file_ = text.substr(0, colon);
  if (site_file_.empty()) {
    return Wrong("site", text, "names no file; give file.cc or file.cc:42");
  }
  if (colon == std::string::npos) return absl::OkStatus();
  uint32_t line = 0;
  if (!ReadNumber(absl::string_view(text).substr(colon + 1), &line)) {
    return Wrong("site", text,
                 "has no line number behind its colon; give file.cc or "
                 "file.cc:42");
  }
  site_line_ = line;
  return absl::OkStatus();
}

absl::Status EventFilter::Prepare(TraceReader& reader, const Output& output) {
  const bool by_name = !task_name_.empty();
  if (!by_name && !tasks_.has_value()) return absl::OkStatus();
  if (by_name) tasks_.emplace();
  bool found = false;
  const absl::Status damage =
      WalkEvents(reader, output, [&](const EventRecord& record) {
        if (!by_name) {
          const std::optional<CompactTaskId> about = TaskOf(record.event);
          found = about.has_value() && tasks_->contains(about->AsRaw());
          return !found;
        }
        const auto* named = std::get_if<TaskNamed>(&record.event);
        if (named != nullptr && named->text == task_name_) {
          tasks_->insert(named->task.AsRaw());
          found = true;
        }
        return true;
      });
  // Of a file that is not whole the task may be in the rest; the pass that
  // follows tells of the damage.
  if (found || !damage.ok() || !reader.recovered().empty()) {
    return absl::OkStatus();
  }
  return absl::NotFoundError(
      by_name ? absl::StrCat("no task in ", reader.path(), " is named ",
                             ShellQuote(Printable(task_name_)))
              : absl::StrCat("there is no task T", *tasks_->begin(), " in ",
                             reader.path()));
}

bool EventFilter::MatchesFields(const EventRecord& record, const Site& site,
                                CompactTaskId running) const {
  if (IsBefore(record) || IsBehind(record)) return false;
  if (kinds_.has_value() &&
      !kinds_->test(static_cast<size_t>(Kind(record.event)))) {
    return false;
  }
  if (tasks_.has_value() && !tasks_->contains(running.AsRaw())) {
    const std::optional<CompactTaskId> about = TaskOf(record.event);
    if (!about.has_value() || !tasks_->contains(about->AsRaw())) return false;
  }
  if (site_file_.empty()) return true;
  return IsEndOfPath(site.file, site_file_) &&
         (!site_line_.has_value() || *site_line_ == site.line);
}

bool EventFilter::Matches(const EventRecord& record, const Site& site,
                          const EventRenderer& renderer) const {
  return MatchesFields(record, site, renderer.running()) &&
         (expression_ == nullptr ||
          RE2::PartialMatch(renderer.Line(record, site), *expression_));
}

}  // namespace asupersync::cli
