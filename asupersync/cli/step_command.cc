#include "asupersync/cli/step_command.h"

#include <unistd.h>

#include <cstdint>
#include <iostream>
#include <istream>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/step_session.h"
#include "asupersync/cli/step_walk.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/replay/trace_reader.h"

namespace asupersync::cli {
namespace {

constexpr size_t kLineBytesMax = 4096;

constexpr char kNoEnd[] =
    "the trace has no end: the process died here, or the file was cut or "
    "recovered; the tasks are left as they were";

const std::string& HelpText() {
  static const auto* const kText = new std::string(absl::StrCat(R"(
Walks a trace forwards and backwards. Reads commands from standard input, a
line each, and says after each where it is, or what the program was doing
there:

)", kStepCommands, R"(
A file of any size can be walked. What a command cannot do it says on standard
error, and the session goes on. At the last event of a trace without an end it
says that the process died there or the file was cut.

With --format=json: for each command a JSON object on a line of its own, with
"command", "ok", what is asked for, and "at" (the event, as 'trace export
--to=jsonl' writes it; null before the first), or "error" if "ok" is false.

Exit status: 0 ok; 1 wrong usage; 2 the file cannot be read or is not whole
(what is there can be walked).

Examples:
  asupersync step trace.async
  printf 'to tick 17\nshow tasks\n' | asupersync step trace.async
  echo 'to site bank_test.cc:42' | asupersync step trace.async --format=json
)"));
  return *kText;
}

// The next line without its end; nullopt at the end of the input. Of a line
// that is too long *too_long says so and the rest is skipped.
std::optional<std::string> ReadLine(std::istream& in, bool* too_long) {
  *too_long = false;
  std::string line;
  int c = in.get();
  if (c == std::istream::traits_type::eof()) return std::nullopt;
  for (; c != std::istream::traits_type::eof() && c != '\n'; c = in.get()) {
    if (line.size() < kLineBytesMax) {
      line.push_back(static_cast<char>(c));
    } else {
      *too_long = true;
    }
  }
  return line;
}

void Converse(StepSession& session, const Output& output) {
  const bool prompts =
      ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  session.Begin();
  while (!output.closed()) {
    if (prompts) output.out << "(step) ";
    output.out.flush();
    bool too_long = false;
    const std::optional<std::string> line = ReadLine(std::cin, &too_long);
    if (!line.has_value()) break;
    if (too_long) {
      session.Refuse(*line, absl::StrCat("a command has at most ",
                                         kLineBytesMax, " bytes"));
    } else if (!session.Do(*line)) {
      break;
    }
  }
}

ExitCode Run(const Arguments& arguments, const Output& output) {
  std::optional<TraceReader> reader = OpenTrace(arguments.operand(0), output);
  if (!reader.has_value()) return ExitCode::kInput;
  const absl::StatusOr<uint64_t> end = reader->EndIndex();
  if (!end.ok()) {
    PrintError(output, absl::StrCat(end.status().message(),
                                    "; 'asupersync trace recover' keeps what "
                                    "is before"));
    return ExitCode::kInput;
  }
  const bool whole = reader->has_footer();
  if (!whole) {
    PrintError(output, absl::StrCat(reader->path(), " ends too soon: its ",
                                    "events before #", *end, " are there"));
  }
  TraceWalk walk(*std::move(reader));
  const bool json = arguments.value("format") == "json";
  StepSession session(walk, output,
                      json ? StepSession::Form::kJson
                           : StepSession::Form::kText,
                      whole ? "" : kNoEnd);
  Converse(session, output);
  return whole && walk.status().ok() ? ExitCode::kOk : ExitCode::kInput;
}

}  // namespace

const Command& StepCommand() {
  static const auto* const kCommand = new Command{
      "step",     "FILE [OPTIONS]", "walk a trace, forwards and backwards",
      HelpText(), {{}, {"FILE"}},   &Run,
      /*writes_json_lines=*/true};
  return *kCommand;
}

}  // namespace asupersync::cli
