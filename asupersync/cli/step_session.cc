#include "asupersync/cli/step_session.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/obligation_kind.h"
#include "asupersync/base/outcome.h"
#include "asupersync/cli/event_json.h"
#include "asupersync/cli/quoting.h"
#include "re2/re2.h"

namespace asupersync::cli {

const char kStepCommands[] =
    "  next [N]               N events on (n)\n"
    "  back [N]               N events back (b)\n"
    "  to tick N              the first event of step N\n"
    "  to event N             the event with this number\n"
    "  to task T2 | NAME      the next step of this task\n"
    "  to site FILE[:LINE]    the next event that this source line caused;\n"
    "                         FILE is an RE2 expression\n"
    "  show tasks             state, name, where each task is\n"
    "  show waits             the blocked tasks and what each waits for\n"
    "  show timers            the timers that are pending\n"
    "  show obligations       the pending ones, and where they were taken\n"
    "  show regions           the open ones ('show' may be left out)\n"
    "  list [N]               N events before and behind this one (l)\n"
    "  help                   these lines (h)\n"
    "  quit                   ends the session (q), as the end of input does\n"
    "An empty line repeats the command before.\n";

namespace {

constexpr uint64_t kListUsual = 5;
constexpr uint64_t kListMax = 10000;

bool ReadNumber(absl::string_view text, uint64_t* number) {
  return text.find_first_not_of("0123456789") == absl::string_view::npos &&
         absl::SimpleAtoi(text, number);
}

absl::Status Wrong(absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat(message, "; see 'help'"));
}

absl::Status ReadCount(const std::vector<std::string>& words, uint64_t usual,
                       uint64_t* count) {
  *count = usual;
  if (words.size() == 1) return absl::OkStatus();
  if (words.size() == 2 && ReadNumber(words[1], count) && *count > 0) {
    return absl::OkStatus();
  }
  return Wrong(absl::StrCat("'", words[0], "' takes one number, 1 or more"));
}

// Of a task or region: 0 is none.
std::optional<uint64_t> NumberOrNull(uint64_t number) {
  if (number == 0) return std::nullopt;
  return number;
}

std::string TimeText(uint64_t nanos) {
  if (nanos > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return absl::StrCat(nanos, "ns");
  }
  return absl::FormatDuration(absl::Nanoseconds(static_cast<int64_t>(nanos)));
}

std::string CancelText(uint8_t kind) {
  return kind < kCancelKindCount ? Name(static_cast<CancelKind>(kind))
                                 : absl::StrCat("kind ", kind);
}

std::string OutcomeText(uint8_t outcome) {
  return outcome <= static_cast<uint8_t>(OutcomeKind::kPanicked)
             ? Name(static_cast<OutcomeKind>(outcome))
             : absl::StrCat("outcome ", outcome);
}

std::string RegionText(uint64_t number, const RegionState& region) {
  if (region.name.empty()) return absl::StrCat("R", number);
  return absl::StrCat("R", number, "(", Printable(region.name), ")");
}

}  // namespace

StepSession::StepSession(TraceWalk& walk, const Output& output, Form form,
                         std::string end_note)
    : walk_(walk),
      output_(output),
      form_(form),
      end_note_(std::move(end_note)) {}

bool StepSession::IsAtTheEnd() const {
  return walk_.current().has_value() &&
         walk_.current()->index + 1 == walk_.end_index();
}

void StepSession::Begin() {
  line_ = "";
  BeginAnswer();
  if (walk_.Next()) {
    ShowPlace();
    EndAnswer();
  } else {
    Fail(walk_.status().ok() ? absl::NotFoundError("the trace has no events")
                             : walk_.status());
  }
}

bool StepSession::Do(absl::string_view line) {
  line_ = std::string(absl::StripAsciiWhitespace(line));
  if (line_.empty()) line_ = again_;
  again_ = line_;
  const Words words = absl::StrSplit(line_, absl::ByAnyChar(" \t"),
                                     absl::SkipEmpty());
  if (words.empty()) return true;
  const bool quits = words[0] == "quit" || words[0] == "q";
  if (quits && words.size() == 1) return false;
  BeginAnswer();
  const absl::Status status = Dispatch(words);
  if (status.ok()) {
    EndAnswer();
  } else {
    Fail(status);
  }
  return true;
}

void StepSession::Refuse(absl::string_view line, absl::string_view error) {
  line_ = std::string(line);
  Fail(absl::InvalidArgumentError(error));
}

absl::Status StepSession::Dispatch(const Words& words) {
  const std::string& verb = words[0];
  if (verb == "next" || verb == "n") return MoveBy(words, true);
  if (verb == "back" || verb == "b") return MoveBy(words, false);
  if (verb == "to") return MoveTo(words);
  if (verb == "show") return Show(words);
  if (words.size() == 1 && ShowAll(verb)) return absl::OkStatus();
  if (verb == "list" || verb == "l") return List(words);
  if ((verb == "help" || verb == "h") && words.size() == 1) {
    Help();
    return absl::OkStatus();
  }
  return Wrong(absl::StrCat("unknown command '", line_, "'"));
}

absl::Status StepSession::MoveBy(const Words& words, bool forward) {
  uint64_t count = 0;
  if (absl::Status s = ReadCount(words, 1, &count); !s.ok()) return s;
  if (!walk_.current().has_value()) {
    return absl::NotFoundError("the trace has no events");
  }
  const uint64_t here = walk_.current()->index;
  const uint64_t room =
      forward ? walk_.end_index() - 1 - here : here - walk_.first_index();
  if (room == 0) {
    if (!forward) return absl::OutOfRangeError("this is the first event");
    return absl::OutOfRangeError(
        absl::StrCat("this is the last event", end_note_.empty() ? "" : "; ",
                     end_note_));
  }
  count = std::min(count, room);
  absl::Status status = walk_.GoTo(forward ? here + count : here - count);
  if (status.ok()) ShowPlace();
  return status;
}

absl::Status StepSession::MoveTo(const Words& words) {
  if (words.size() < 3) {
    return Wrong("'to' takes tick, event, task or site and a value");
  }
  // A name may hold blanks.
  const absl::string_view value = absl::StripAsciiWhitespace(
      absl::string_view(line_).substr(line_.find(words[1], 2) +
                                      words[1].size()));
  absl::Status status;
  if (words[1] == "tick") {
    status = ToTick(value);
  } else if (words[1] == "task") {
    status = ToTask(value);
  } else if (words[1] == "site") {
    status = ToSite(value);
  } else if (words[1] == "event") {
    uint64_t index = 0;
    if (!ReadNumber(value, &index)) {
      return Wrong(absl::StrCat("'", value, "' is no number of an event"));
    }
    status = walk_.GoTo(index);
  } else {
    return Wrong(absl::StrCat("'to ", words[1],
                              "': there are tick, event, task and site"));
  }
  if (status.ok()) ShowPlace();
  return status;
}

absl::Status StepSession::ToTick(absl::string_view text) {
  uint64_t tick = 0;
  if (!ReadNumber(text, &tick)) {
    return Wrong(absl::StrCat("'", text, "' is no number of a step"));
  }
  return walk_.GoToTick(tick);
}

absl::Status StepSession::ToTask(absl::string_view text) {
  absl::string_view digits = text;
  absl::ConsumePrefix(&digits, "T");
  uint64_t number = 0;
  const bool by_number = ReadNumber(digits, &number);
  const bool found = walk_.FindNext([&](const EventRecord& r) {
    const auto* step = std::get_if<TaskScheduled>(&r.event);
    if (step == nullptr) return false;
    if (by_number) return step->task.AsRaw() == number;
    return walk_.state().tasks().at(step->task.AsRaw()).name == text;
  });
  if (found) return absl::OkStatus();
  if (!walk_.status().ok()) return walk_.status();
  return absl::NotFoundError(
      absl::StrCat("no later step is of task '", text, "'"));
}

absl::Status StepSession::ToSite(absl::string_view text) {
  std::string file(text);
  uint64_t line = 0;
  const size_t colon = file.rfind(':');
  const bool has_line =
      colon != std::string::npos && colon + 1 < file.size() &&
      ReadNumber(absl::string_view(file).substr(colon + 1), &line);
  if (has_line) file.resize(colon);
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 expression(file, options);
  if (!expression.ok()) {
    return Wrong(absl::StrCat("'", file, "' is no RE2 expression: ",
                              expression.error()));
  }
  const bool found = walk_.FindNext([&](const EventRecord& r) {
    if (!r.site.IsValid()) return false;
    const Site site = walk_.site(r.site);
    return (!has_line || site.line == line) &&
           RE2::PartialMatch(site.file, expression);
  });
  if (found) return absl::OkStatus();
  if (!walk_.status().ok()) return walk_.status();
  return absl::NotFoundError(
      absl::StrCat("no later event is caused at '", text, "'"));
}

absl::Status StepSession::List(const Words& words) {
  uint64_t count = 0;
  if (absl::Status s = ReadCount(words, kListUsual, &count); !s.ok()) return s;
  if (!walk_.current().has_value()) {
    return absl::NotFoundError("the trace has no events");
  }
  count = std::min(count, kListMax);
  const uint64_t here = walk_.current()->index;
  const uint64_t begin = here - std::min(count, here - walk_.first_index());
  const uint64_t last = here + std::min(count, walk_.end_index() - 1 - here);
  if (absl::Status s = walk_.GoTo(begin); !s.ok()) return s;
  if (json_ != nullptr) {
    json_->Key("events");
    json_->BeginArray();
  }
  EventRenderer renderer = MakeRenderer();
  for (;;) {
    const EventRecord& record = *walk_.current();
    if (record.index != begin) renderer.Enter(record);
    if (json_ != nullptr) {
      WriteEvent(record, walk_.site(record.site), renderer, *json_);
    } else {
      output_.out << (record.index == here ? "> " : "  ")
                  << renderer.Line(record, walk_.site(record.site)) << "\n";
    }
    renderer.Leave(record);
    if (record.index == last || !walk_.Next()) break;
  }
  if (json_ != nullptr) json_->End();
  return walk_.GoTo(here);
}

absl::Status StepSession::Show(const Words& words) {
  if (words.size() == 2 && ShowAll(words[1])) return absl::OkStatus();
  return Wrong("'show' takes tasks, waits, timers, obligations or regions");
}

bool StepSession::ShowAll(absl::string_view what) {
  if (what == "tasks") {
    ShowTasks(/*only_blocked=*/false);
  } else if (what == "waits") {
    ShowTasks(/*only_blocked=*/true);
  } else if (what == "timers") {
    ShowTimers();
  } else if (what == "obligations") {
    ShowObligations();
  } else if (what == "regions") {
    ShowRegions();
  } else {
    return false;
  }
  return true;
}

void StepSession::ShowPlace() {
  if (json_ != nullptr || !walk_.current().has_value()) return;
  const EventRecord& record = *walk_.current();
  output_.out << MakeRenderer().Line(record, walk_.site(record.site)) << "\n";
  if (IsAtTheEnd() && !end_note_.empty()) {
    output_.out << "(" << end_note_ << ")\n";
  }
}

void StepSession::ShowTasks(bool only_blocked) {
  if (json_ != nullptr) {
    json_->Key(only_blocked ? "waits" : "tasks");
    json_->BeginArray();
  }
  size_t shown = 0;
  for (const auto& [number, task] : walk_.state().tasks()) {
    if (only_blocked && task.status != TaskState::Status::kBlocked) continue;
    ShowTask(number, task);
    ++shown;
  }
  const bool wakes = walk_.metadata().wakers_recorded;
  if (json_ != nullptr) {
    json_->End();
    json_->Field("done", walk_.state().done_count());
    json_->Field("wakes_recorded", wakes);
    return;
  }
  if (shown == 0) {
    output_.out << (only_blocked ? "no task is blocked\n" : "no task\n");
  } else if (only_blocked && !wakes) {
    output_.out << "(the trace does not record wakes: a task here may have "
                   "been woken)\n";
  }
  if (!only_blocked && walk_.state().done_count() > TraceState::kDoneMax) {
    output_.out << "(of " << walk_.state().done_count()
                << " tasks that are done, the last " << TraceState::kDoneMax
                << " are shown)\n";
  }
}

void StepSession::ShowTask(uint64_t number, const TaskState& task) {
  const bool done = task.status == TaskState::Status::kDone;
  const std::string wait = WaitText(task);
  if (json_ != nullptr) {
    json_->BeginObject(JsonWriter::kOneLine);
    json_->Field("task", number);
    json_->Field("name", task.name);
    json_->Field("state", Name(task.status));
    json_->Field("region", NumberOrNull(task.region));
    json_->Field("last_step", task.last_step);
    if (done) json_->Field("outcome", OutcomeText(task.outcome));
    if (!wait.empty()) json_->Field("waits_for", wait);
    if (task.cancel.has_value()) {
      json_->Field("cancel", CancelText(*task.cancel));
    }
    WriteSite(walk_.site(task.site), *json_);
    json_->End();
    return;
  }
  std::ostream& out = output_.out;
  out << TaskText(number) << " " << Name(task.status);
  if (done) {
    out << " (" << OutcomeText(task.outcome) << ")";
  } else {
    out << " at " << SiteText(task.site);
  }
  if (!wait.empty()) out << ", waits for " << wait;
  if (task.cancel.has_value()) {
    out << ", cancelled: " << CancelText(*task.cancel);
  }
  out << "\n";
}

void StepSession::ShowTimers() {
  const auto& timers = walk_.state().timers();
  if (json_ != nullptr) {
    json_->Field("now_nanos", walk_.state().now_nanos());
    json_->Key("timers");
    json_->BeginArray();
  } else {
    output_.out << "now " << TimeText(walk_.state().now_nanos()) << "\n";
    if (timers.empty()) output_.out << "no timer is pending\n";
  }
  for (const auto& [id, timer] : timers) {
    if (json_ != nullptr) {
      json_->BeginObject(JsonWriter::kOneLine);
      json_->Field("timer_id", id);
      json_->Field("deadline_nanos", timer.deadline_nanos);
      json_->Field("task", NumberOrNull(timer.task));
      WriteSite(walk_.site(timer.site), *json_);
      json_->End();
    } else {
      output_.out << "timer " << id << " due at "
                  << TimeText(timer.deadline_nanos) << ", of "
                  << TaskText(timer.task) << " at " << SiteText(timer.site)
                  << "\n";
    }
  }
  if (json_ != nullptr) json_->End();
}

void StepSession::ShowObligations() {
  const auto& obligations = walk_.state().obligations();
  if (json_ != nullptr) {
    json_->Key("obligations");
    json_->BeginArray();
  } else if (obligations.empty()) {
    output_.out << "no obligation is pending\n";
  }
  for (const auto& [id, obligation] : obligations) {
    if (json_ != nullptr) {
      json_->BeginObject(JsonWriter::kOneLine);
      json_->Field("obligation", id);
      json_->Field("kind", Name(static_cast<ObligationKind>(obligation.kind)));
      json_->Field("task", NumberOrNull(obligation.task));
      json_->Field("event", obligation.event);
      WriteSite(walk_.site(obligation.site), *json_);
      json_->End();
    } else {
      output_.out << "obligation " << id << " "
                  << Name(static_cast<ObligationKind>(obligation.kind))
                  << " of " << TaskText(obligation.task) << ", taken in #"
                  << obligation.event << " at " << SiteText(obligation.site)
                  << "\n";
    }
  }
  if (json_ != nullptr) json_->End();
}

void StepSession::ShowRegions() {
  const auto& regions = walk_.state().regions();
  if (json_ != nullptr) {
    json_->Key("regions");
    json_->BeginArray();
  } else if (regions.empty()) {
    output_.out << "no region is known\n";
  }
  for (const auto& [number, region] : regions) {
    if (json_ != nullptr) {
      json_->BeginObject(JsonWriter::kOneLine);
      json_->Field("region", number);
      json_->Field("name", region.name);
      json_->Field("parent_region", NumberOrNull(region.parent));
      json_->Field("tasks", region.tasks);
      if (region.cancel.has_value()) {
        json_->Field("cancel", CancelText(*region.cancel));
      }
      json_->End();
      continue;
    }
    output_.out << RegionText(number, region) << " of "
                << (region.parent == 0 ? std::string("-")
                                       : absl::StrCat("R", region.parent))
                << ", " << region.tasks
                << (region.tasks == 1 ? " task" : " tasks");
    if (region.cancel.has_value()) {
      output_.out << ", cancelled: " << CancelText(*region.cancel);
    }
    output_.out << "\n";
  }
  if (json_ != nullptr) json_->End();
}

void StepSession::Help() {
  if (json_ != nullptr) {
    json_->Field("help", kStepCommands);
  } else {
    output_.out << kStepCommands;
  }
}

std::string StepSession::TaskText(uint64_t number) const {
  if (number == 0) return "-";
  const auto task = walk_.state().tasks().find(number);
  if (task == walk_.state().tasks().end() || task->second.name.empty()) {
    return absl::StrCat("T", number);
  }
  return absl::StrCat(
      "T", number, "(",
      Printable(absl::string_view(task->second.name)
                    .substr(0, EventRenderer::kNameBytesMax)),
      ")");
}

std::string StepSession::SiteText(SiteId site) const {
  return Printable(ToString(walk_.site(site)));
}

// What is known of it: a timer, or an object if the trace has accesses.
std::string StepSession::WaitText(const TaskState& task) const {
  if (task.status != TaskState::Status::kBlocked) return "";
  if (task.timer.has_value()) {
    const auto timer = walk_.state().timers().find(*task.timer);
    if (timer != walk_.state().timers().end()) {
      return absl::StrCat("timer ", *task.timer, " due at ",
                          TimeText(timer->second.deadline_nanos));
    }
  }
  if (task.object.has_value()) {
    return absl::StrCat("object 0x", absl::Hex(*task.object));
  }
  return "";
}

EventRenderer StepSession::MakeRenderer() const {
  EventRenderer renderer;
  for (const auto& [number, task] : walk_.state().tasks()) {
    if (task.name.empty()) continue;
    renderer.Enter({0, 0, SiteId(), TaskNamed{CompactTaskId(number),
                                              task.name}});
  }
  if (walk_.state().running() != 0) {
    renderer.Enter({0, 0, SiteId(),
                    TaskScheduled{CompactTaskId(walk_.state().running()), 0}});
  }
  return renderer;
}

void StepSession::BeginAnswer() {
  if (form_ == Form::kText) return;
  text_.str("");
  json_ = std::make_unique<JsonWriter>(text_);
  json_->BeginObject(JsonWriter::kOneLine);
  json_->Field("command", line_);
  json_->Field("ok", true);
}

void StepSession::EndAnswer() {
  if (json_ == nullptr) return;
  json_->Key("at");
  if (walk_.current().has_value()) {
    const EventRecord& record = *walk_.current();
    WriteEvent(record, walk_.site(record.site), MakeRenderer(), *json_);
  } else {
    json_->Null();
  }
  json_->End();
  json_.reset();
  output_.out << text_.str() << "\n";
}

void StepSession::Fail(const absl::Status& status) {
  if (form_ == Form::kText) {
    output_.out.flush();
    PrintError(output_, status.message());
    return;
  }
  json_.reset();
  JsonWriter json(output_.out);
  json.BeginObject(JsonWriter::kOneLine);
  json.Field("command", line_);
  json.Field("ok", false);
  json.Field("error", status.message());
  json.End();
  output_.out << "\n";
}

}  // namespace asupersync::cli
