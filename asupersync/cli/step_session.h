// StepSession answers the commands of `asupersync step`, a line each.
//
//   StepSession session(walk, output, StepSession::Form::kText);
//   session.Begin();
//   while (session.Do(line)) { ... }
//
// An answer is a few lines of text (an error is one line on output.err), or
// one JSON object on one line:
//
//   {"command": "next 3", "ok": true, ..., "at": {EVENT}}
//   {"command": "to tick 9999", "ok": false, "error": "..."}
//
// where EVENT is as event_json.h writes it, and null before the first event.
//
// Determinism: a function of the trace and the lines.
//
// Lifetime: `walk` and what `output` refers to must outlive it.
#ifndef ASUPERSYNC_CLI_STEP_SESSION_H_
#define ASUPERSYNC_CLI_STEP_SESSION_H_

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/command.h"
#include "asupersync/cli/event_renderer.h"
#include "asupersync/cli/json_writer.h"
#include "asupersync/cli/step_state.h"
#include "asupersync/cli/step_walk.h"

namespace asupersync::cli {

// The commands, a line each, for `help` and for --help.
extern const char kStepCommands[];

class StepSession {
 public:
  enum class Form { kText, kJson };

  // `end_note`, if not empty, tells why the last event is no end of the run; it
  // is said there.
  StepSession(TraceWalk& walk, const Output& output, Form form,
              std::string end_note = "");
  StepSession(const StepSession&) = delete;
  StepSession& operator=(const StepSession&) = delete;

  // Goes to the first event and shows it.
  void Begin();
  // Does what a line says; an empty one repeats the line before. False: the
  // session is over. An error changes nothing but, if the trace cannot be read
  // on, the place.
  bool Do(absl::string_view line);
  // Answers a line that is no command with this error.
  void Refuse(absl::string_view line, absl::string_view error);

 private:
  using Words = std::vector<std::string>;

  absl::Status Dispatch(const Words& words);
  absl::Status MoveBy(const Words& words, bool forward);
  absl::Status MoveTo(const Words& words);
  absl::Status ToTick(absl::string_view text);
  absl::Status ToTask(absl::string_view text);
  absl::Status ToSite(absl::string_view text);
  absl::Status List(const Words& words);
  absl::Status Show(const Words& words);
  // False if there is no such thing to show.
  bool ShowAll(absl::string_view what);

  bool IsAtTheEnd() const;
  // These fill the answer that is begun.
  void ShowPlace();
  void ShowTasks(bool only_blocked);
  void ShowTask(uint64_t number, const TaskState& task);
  void ShowTimers();
  void ShowObligations();
  void ShowRegions();
  void Help();

  // "T2(name)"; "-" for 0.
  std::string TaskText(uint64_t number) const;
  std::string SiteText(SiteId site) const;
  std::string WaitText(const TaskState& task) const;
  // Knows what was said of tasks up to the current event.
  EventRenderer MakeRenderer() const;
  void BeginAnswer();
  void EndAnswer();
  void Fail(const absl::Status& status);

  TraceWalk& walk_;
  const Output& output_;
  const Form form_;
  const std::string end_note_;
  std::string line_;   // that is answered
  std::string again_;  // what an empty line means; empty: nothing
  // An answer in JSON, until it is known to be one; json_ writes to text_.
  std::ostringstream text_;
  std::unique_ptr<JsonWriter> json_;  // null: in text
};

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_STEP_SESSION_H_
