#include "asupersync/cli/completion.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "asupersync/cli/quoting.h"

namespace asupersync::cli {
namespace {

using Words = std::vector<std::string>;

// What may be the words of an operand: "bash|zsh|fish" are three.
Words ChoicesOf(absl::string_view operand) {
  if (!absl::StrContains(operand, '|')) return {};
  return absl::StrSplit(operand, '|');
}

bool IsFile(absl::string_view operand) {
  absl::ConsumePrefix(&operand, "[");
  absl::ConsumeSuffix(&operand, "]");
  return operand != "SEED" && operand != "TEST_ID" && operand != "COMMAND" &&
         !absl::StrContains(operand, '|');
}

// The first words of all commands; the second words of those of a group.
Words FirstWords(const std::vector<const Command*>& commands) {
  Words words = {"help"};
  for (const Command* command : commands) {
    const Words name = absl::StrSplit(command->name, ' ');
    if (std::find(words.begin(), words.end(), name[0]) == words.end()) {
      words.push_back(name[0]);
    }
  }
  return words;
}

Words SecondWords(const std::vector<const Command*>& commands) {
  Words words;
  for (const Command* command : commands) {
    const Words name = absl::StrSplit(command->name, ' ');
    if (name.size() > 1) words.push_back(name[1]);
  }
  return words;
}

// "--filter= --all --format=human --format=json": a value that is free follows
// the sign.
Words OptionWords(const ArgumentsSpec& spec) {
  Words words = {"--help"};
  for (const OptionSpec& option : spec.options) {
    const std::string name = absl::StrCat("--", option.name);
    if (option.value_name.empty()) {
      words.push_back(name);
    } else if (option.choices.empty()) {
      words.push_back(name + "=");
    }
    for (absl::string_view choice : option.choices) {
      words.push_back(absl::StrCat(name, "=", choice));
    }
  }
  return words;
}

Words OperandWords(const ArgumentsSpec& spec) {
  Words words;
  for (absl::string_view operand : spec.operands) {
    for (std::string& choice : ChoicesOf(operand)) {
      words.push_back(std::move(choice));
    }
  }
  return words;
}

bool IsFileValue(const OptionSpec& option) {
  return option.value_name == "FILE" || option.value_name == "OTHER" ||
         option.value_name == "FOLDER";
}

bool TakesFiles(const ArgumentsSpec& spec) {
  return std::any_of(spec.operands.begin(), spec.operands.end(), IsFile);
}

// bash and zsh (which has bash's functions after bashcompinit).
constexpr absl::string_view kBash = R"(# asupersync completion for bash
_asupersync() {
  local word="${COMP_LINE:0:$COMP_POINT}"
  word="${word##* }"
  local -a words
  read -r -a words <<< "${COMP_LINE:0:$COMP_POINT}"
  [[ -z "$word" ]] && words+=("")
  local count=${#words[@]}
  # The option whose value is completed: behind '=', or a word of its own.
  local option="" value="$word" lead=""
  if [[ "$word" == --*=* ]]; then
    option="${word%%=*}" value="${word#*=}" lead="${word%%=*}="
  elif (( count > 2 )) && [[ "${words[count-2]}" == --[a-z]* ]]; then
    option="${words[count-2]}"
  fi
  local choices="" files=0
  if (( count == 2 )); then
    choices="@FIRST@ --help --version"
  elif (( count == 3 )) && [[ "${words[1]}" == trace ]]; then
    choices="@SECOND@"
  elif [[ "${words[1]}" == help ]]; then
    (( count == 3 )) && choices="@FIRST@"
    [[ "${words[2]}" == trace ]] && (( count == 4 )) && choices="@SECOND@"
  else
    local command="${words[1]}"
    [[ "$command" == trace ]] && command="trace ${words[2]}"
    case "$command $option" in
@VALUES@      *)
        value="$word" lead=""
        local options=""
        case "$command" in
@CASES@        esac
        if [[ "$word" == -* ]]; then
          choices="$options"
          files=0
        fi ;;
    esac
  fi
  # bash takes '=' for the end of a word, zsh does not.
  [[ "${COMP_WORDBREAKS-}" == *=* ]] && lead=""
  # Of a list with commas the last element.
  local last="${value##*,}"
  local before="${value%"$last"}"
  COMPREPLY=()
  local choice
  for choice in $choices; do
    [[ "$choice" == "$last"* ]] && COMPREPLY+=("$lead$before$choice")
  done
  if (( files )); then
    local file
    while IFS= read -r file; do
      [[ -n "$file" ]] && COMPREPLY+=("$lead$file")
    done < <(compgen -f -- "$value")
    type compopt > /dev/null 2>&1 && compopt -o filenames 2> /dev/null
  fi
)";

constexpr absl::string_view kBashEnd =
    R"(  if (( ${#COMPREPLY[@]} == 1 )) && [[ "${COMPREPLY[0]}" == *= ]]; then
    type compopt > /dev/null 2>&1 && compopt -o nospace 2> /dev/null
  fi
  return 0
}
complete -F _asupersync asupersync
)";

// The values of an option that a completion offers.
Words ValueWords(const OptionSpec& option) {
  Words words;
  for (const auto* list : {&option.choices, &option.elements}) {
    for (absl::string_view word : *list) words.emplace_back(word);
  }
  return words;
}

// The script up to where bash and zsh differ.
std::string BashStart(const std::vector<const Command*>& commands) {
  std::string cases;
  std::string values;
  for (const Command* command : commands) {
    const ArgumentsSpec spec = SpecOf(*command);
    absl::StrAppend(
        &cases, "          \"", command->name, "\")\n            options=\"",
        absl::StrJoin(OptionWords(spec), " "), "\"\n            choices=\"",
        absl::StrJoin(OperandWords(spec), " "),
        "\"\n            files=", TakesFiles(spec) ? 1 : 0, " ;;\n");
    for (const OptionSpec& option : spec.options) {
      if (option.value_name.empty()) continue;
      absl::StrAppend(&values, "      \"", command->name, " --", option.name,
                      "\")\n        choices=\"",
                      absl::StrJoin(ValueWords(option), " "),
                      "\" files=", IsFileValue(option) ? 1 : 0, " ;;\n");
    }
  }
  return absl::StrReplaceAll(
      kBash, {{"@CASES@", cases},
              {"@VALUES@", values},
              {"@FIRST@", absl::StrJoin(FirstWords(commands), " ")},
              {"@SECOND@", absl::StrJoin(SecondWords(commands), " ")}});
}

std::string BashScript(const std::vector<const Command*>& commands) {
  return absl::StrCat(BashStart(commands), kBashEnd);
}

// What bash does with a reply, in zsh the script has to: a blank behind what is
// complete.
constexpr absl::string_view kZshEnd = R"(  local i
  for (( i = 0; i < ${#COMPREPLY[@]}; ++i )); do
    [[ "${COMPREPLY[i]}" == *[=/] ]] || COMPREPLY[i]+=" "
  done
  return 0
}
complete -o nospace -F _asupersync asupersync
# As a file of $fpath it is read when it is called for the first time.
if [[ "${funcstack[1]}" == _asupersync ]]; then
  _bash_complete -o nospace -F _asupersync
fi
)";

std::string ZshScript(const std::vector<const Command*>& commands) {
  return absl::StrCat(
      "#compdef asupersync\n# asupersync completion for zsh\n"
      "autoload -Uz compinit bashcompinit\n"
      "(( $+functions[compdef] )) || compinit\nbashcompinit\n",
      absl::StrReplaceAll(
          BashStart(commands),
          {{"# asupersync completion for bash\n", ""},
           {"_asupersync() {\n",
            "_asupersync() {\n  emulate -L zsh\n  setopt ksh_arrays "
            "sh_word_split bash_rematch\n"},
           {"read -r -a words", "read -r -A words"},
           {"compgen -f -- \"$value\"", "print -rl -- \"$value\"*(NM)"}}),
      kZshEnd);
}

std::string FishLine(const Words& condition, absl::string_view rest) {
  return absl::StrCat("complete -c asupersync -n ",
                      ShellQuote(absl::string_view(
                          absl::StrJoin(condition, "; and "))),
                      " ", rest, "\n");
}

std::string FishScript(const std::vector<const Command*>& commands) {
  std::string script =
      "# asupersync completion for fish\ncomplete -c asupersync -f\n";
  for (const std::string& word : FirstWords(commands)) {
    script += FishLine({"__fish_use_subcommand"}, absl::StrCat("-a ", word));
  }
  for (const Command* command : commands) {
    const Words name = absl::StrSplit(command->name, ' ');
    Words condition = {"__fish_seen_subcommand_from " + name[0]};
    if (name.size() > 1) {
      const std::string second =
          absl::StrJoin(SecondWords(commands), " ");
      script += FishLine(
          {condition[0], "not __fish_seen_subcommand_from " + second},
          absl::StrCat("-a ", name[1], " -d ",
                       ShellQuote(absl::string_view(command->summary))));
      condition.push_back("__fish_seen_subcommand_from " + name[1]);
    }
    const ArgumentsSpec spec = SpecOf(*command);
    for (const OptionSpec& option : spec.options) {
      std::string line = absl::StrCat("-l ", option.name);
      if (IsFileValue(option)) {
        absl::StrAppend(&line, " -r -F");
      } else if (!option.value_name.empty()) {
        absl::StrAppend(&line, " -x");
      }
      if (const Words values = ValueWords(option); !values.empty()) {
        absl::StrAppend(
            &line, " -a ",
            ShellQuote(absl::string_view(absl::StrJoin(values, " "))));
      }
      absl::StrAppend(&line, " -d ",
                      ShellQuote(absl::string_view(option.help)));
      script += FishLine(condition, line);
    }
    for (const std::string& word : OperandWords(spec)) {
      script += FishLine(condition, "-a " + word);
    }
    if (TakesFiles(spec)) script += FishLine(condition, "-F");
  }
  return script;
}

}  // namespace

std::optional<std::string> CompletionScript(
    absl::string_view shell, const std::vector<const Command*>& commands) {
  if (shell == "bash") return BashScript(commands);
  if (shell == "zsh") return ZshScript(commands);
  if (shell == "fish") return FishScript(commands);
  return std::nullopt;
}

}  // namespace asupersync::cli
