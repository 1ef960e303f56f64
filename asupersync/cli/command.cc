#include "asupersync/cli/command.h"

#include <algorithm>
#include <optional>
#include <streambuf>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "asupersync/cli/quoting.h"

namespace asupersync::cli {
namespace {

OptionSpec FormatOption(const Command& command) {
  OptionSpec option = {
      "format",
      "FORMAT",
      "human (the default) or json: one JSON object (docs/cli.md)",
      {"human", "json"}};
  if (command.more_formats.empty()) return option;
  option.help = command.more_formats_help;
  option.choices.insert(option.choices.end(), command.more_formats.begin(),
                        command.more_formats.end());
  return option;
}

// Appends `text` in lines of at most 80 columns, from column 20 on.
void AppendWrapped(absl::string_view text, std::string* out) {
  constexpr size_t kIndent = 20;
  size_t column = kIndent;
  for (absl::string_view word : absl::StrSplit(text, ' ')) {
    if (column > kIndent && column + 1 + word.size() > 80) {
      absl::StrAppend(out, "\n", std::string(kIndent, ' '));
      column = kIndent;
    } else if (column > kIndent) {
      out->push_back(' ');
      ++column;
    }
    absl::StrAppend(out, word);
    column += word.size();
  }
  out->push_back('\n');
}

std::string OptionsHelp(const ArgumentsSpec& spec) {
  std::string help = "Options:\n";
  for (const OptionSpec& option : spec.options) {
    if (option.help.empty()) continue;
    std::string name = absl::StrCat("  --", option.name);
    if (!option.value_name.empty()) {
      absl::StrAppend(&name, "=", option.value_name);
    }
    if (name.size() > 18) {
      absl::StrAppend(&help, name, "\n", std::string(20, ' '));
    } else {
      absl::StrAppendFormat(&help, "%-20s", name);
    }
    AppendWrapped(option.help, &help);
  }
  return help;
}

// A longer message is shown without its middle.
constexpr size_t kErrorBytesMax = 4000;

// Takes everything and keeps nothing.
class NullBuf : public std::streambuf {
 protected:
  int_type overflow(int_type c) override { return traits_type::not_eof(c); }
  std::streamsize xsputn(const char*, std::streamsize n) override { return n; }
};

ExitCode ParseAndRun(const Command& command,
                     const std::vector<std::string>& words,
                     const Output& output) {
  const absl::StatusOr<Arguments> arguments =
      ParseArguments(SpecOf(command), words);
  if (!arguments.ok()) {
    return UsageError(output, command.name, arguments.status().message());
  }
  return command.run(*arguments, output);
}

}  // namespace

ArgumentsSpec SpecOf(const Command& command) {
  ArgumentsSpec spec = command.arguments;
  spec.options.push_back(FormatOption(command));
  return spec;
}

std::string HelpOf(const Command& command) {
  std::string help(command.help);
  const size_t status = help.find("\nExit status:");
  help.insert(status == std::string::npos ? help.size() : status + 1,
              OptionsHelp(SpecOf(command)) + "\n");
  return absl::StrCat("Usage: asupersync ", command.name, " ", command.usage,
                      "\n", help);
}

bool AskForJson(const std::vector<std::string>& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  for (auto word = words.begin(); word != end; ++word) {
    if (*word == "--format=json") return true;
    if (*word == "--format" && word + 1 != end && word[1] == "json") {
      return true;
    }
  }
  return false;
}

ExitCode RunInJson(absl::string_view name, const Output& output,
                   absl::FunctionRef<ExitCode(const Output& output)> run) {
  NullBuf nowhere;
  std::ostream out(&nowhere);
  JsonWriter json(output.out);
  std::vector<std::string> errors;
  json.BeginObject();
  json.Field("command", name);
  const ExitCode code = run(Output{out, output.err, &json, &errors,
                                   output.err_is_terminal,
                                   output.out_is_terminal});
  json.Texts("errors", errors);
  json.Field("exit_code", static_cast<int>(code));
  json.End();
  output.out << "\n";
  return code;
}

ExitCode RunCommand(const Command& command,
                    const std::vector<std::string>& words,
                    const Output& output) {
  const auto run = [&](const Output& to) {
    return ParseAndRun(command, words, to);
  };
  if (!AskForJson(words) || command.writes_json_lines) return run(output);
  return RunInJson(command.name, output, run);
}

void PrintError(const Output& output, absl::string_view message) {
  // What is quoted from a file may be as long as the file.
  const bool is_long = message.size() > kErrorBytesMax;
  output.err << "asupersync: "
             << Printable(is_long ? message.substr(0, kErrorBytesMax / 2)
                                  : message);
  if (is_long) {
    output.err << " ... (" << message.size() - kErrorBytesMax
               << " bytes left out) ... "
               << Printable(message.substr(message.size() -
                                           kErrorBytesMax / 2));
  }
  output.err << "\n";
  if (output.errors != nullptr) output.errors->emplace_back(message);
}

ExitCode UsageError(const Output& output, absl::string_view command,
                    absl::string_view message) {
  output.err << "asupersync " << command << ": " << Printable(message)
             << "; see 'asupersync help " << command << "'\n";
  if (output.errors != nullptr) output.errors->emplace_back(message);
  return ExitCode::kUsage;
}

}  // namespace asupersync::cli
