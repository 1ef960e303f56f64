#include "asupersync/cli/arguments.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "asupersync/cli/quoting.h"

namespace asupersync::cli {
namespace {

const OptionSpec* Find(const ArgumentsSpec& spec, absl::string_view name) {
  for (const OptionSpec& option : spec.options) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

bool IsOptional(absl::string_view operand) {
  return absl::StartsWith(operand, "[");
}

absl::Status CheckChoice(const OptionSpec& option, absl::string_view value) {
  if (option.choices.empty()) return absl::OkStatus();
  for (absl::string_view choice : option.choices) {
    if (choice == value) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--", option.name, " is ", ShellQuote(Printable(value)),
                   "; choose one of ", absl::StrJoin(option.choices, ", ")));
}

// An option, its dashes taken off.
struct Option {
  std::string name;
  std::optional<std::string> value;
};

Option SplitOption(absl::string_view word) {
  word.remove_prefix(2);
  const size_t equals = word.find('=');
  if (equals == absl::string_view::npos) {
    return {std::string(word), std::nullopt};
  }
  return {std::string(word.substr(0, equals)),
          std::string(word.substr(equals + 1))};
}

}  // namespace

std::optional<std::string> Arguments::value(absl::string_view option) const {
  const auto it = options_.find(option);
  if (it == options_.end()) return std::nullopt;
  return it->second;
}

absl::StatusOr<std::optional<uint64_t>> Arguments::number(
    absl::string_view option) const {
  const std::optional<std::string> text = value(option);
  if (!text.has_value()) return std::optional<uint64_t>();
  uint64_t parsed = 0;
  // SimpleAtoi() would take blanks and a sign, too.
  if (text->find_first_not_of("0123456789") != std::string::npos ||
      !absl::SimpleAtoi(*text, &parsed)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", option, " is ", ShellQuote(Printable(*text)),
                     "; give a decimal number below 2^64"));
  }
  return std::optional<uint64_t>(parsed);
}

absl::StatusOr<Arguments> ParseArguments(
    const ArgumentsSpec& spec, const std::vector<std::string>& words) {
  Arguments arguments;
  size_t i = 0;
  const auto take_operand = [&](const std::string& word) {
    if (arguments.operands_.size() == spec.operands.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("unexpected argument ", ShellQuote(Printable(word))));
    }
    arguments.operands_.push_back(word);
    return absl::OkStatus();
  };
  for (; i < words.size() && words[i] != "--"; ++i) {
    const std::string& word = words[i];
    if (word.size() < 2 || word[0] != '-') {
      if (absl::Status s = take_operand(word); !s.ok()) return s;
      continue;
    }
    Option option = absl::StartsWith(word, "--") ? SplitOption(word) : Option();
    const OptionSpec* known = Find(spec, option.name);
    if (known == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown option ", ShellQuote(Printable(word))));
    }
    if (known->value_name.empty() && option.value.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", option.name, " takes no value"));
    }
    if (!known->value_name.empty() && !option.value.has_value()) {
      if (i + 1 == words.size()) {
        return absl::InvalidArgumentError(absl::StrCat(
            "--", option.name, " needs a value, ", known->value_name));
      }
      option.value = words[++i];
    }
    if (absl::Status s = CheckChoice(*known, option.value.value_or(""));
        !s.ok()) {
      return s;
    }
    if (!arguments.options_
             .emplace(option.name, option.value.value_or(std::string()))
             .second) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", option.name, " is given twice"));
    }
  }
  for (++i; i < words.size(); ++i) {
    if (spec.takes_rest) {
      arguments.rest_.push_back(words[i]);
    } else if (absl::Status s = take_operand(words[i]); !s.ok()) {
      return s;
    }
  }
  const size_t given = arguments.operands_.size();
  if (given < spec.operands.size() && !IsOptional(spec.operands[given])) {
    return absl::InvalidArgumentError(
        absl::StrCat("the argument ", spec.operands[given], " is missing"));
  }
  return arguments;
}

}  // namespace asupersync::cli
