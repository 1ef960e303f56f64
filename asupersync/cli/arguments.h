// Arguments are one command's words, told apart into options and operands.
//
//   const ArgumentsSpec spec = {
//       {{"filter", "RE2", "only matching lines"}, {"all", "", "..."}},
//       {"FILE", "[OUT]"}};
//   absl::StatusOr<Arguments> a = ParseArguments(spec, {"--filter=x", "f"});
//   a->operand(0);       // "f"
//   a->value("filter");  // "x"
//
// An option's value follows '=' or is the next word. After a word "--" there
// are no options any more: the words are operands, or the rest if the command
// takes one.
//
// Determinism: pure functions.
#ifndef ASUPERSYNC_CLI_ARGUMENTS_H_
#define ASUPERSYNC_CLI_ARGUMENTS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace asupersync::cli {

struct OptionSpec {
  absl::string_view name;        // without the dashes
  absl::string_view value_name;  // empty: a switch, which takes no value
  // What --help says of it; one paragraph without line ends.
  absl::string_view help = {};
  // The values that it takes; empty: any.
  std::vector<absl::string_view> choices = {};
  // Words that a completion offers besides: its value is a list of such, with
  // commas between them. Not checked here.
  std::vector<absl::string_view> elements = {};
};

struct ArgumentsSpec {
  std::vector<OptionSpec> options;
  // Each of them is needed but those in brackets, "[OUT]", which are last.
  std::vector<absl::string_view> operands;
  bool takes_rest = false;  // words after "--"
};

class Arguments {
 public:
  // REQUIRES: i is below operand_count().
  const std::string& operand(size_t i) const { return operands_[i]; }
  // At least the number of operands of the ArgumentsSpec that are needed.
  size_t operand_count() const { return operands_.size(); }
  bool has(absl::string_view option) const {
    return options_.find(option) != options_.end();
  }
  // nullopt if the option is not given.
  std::optional<std::string> value(absl::string_view option) const;
  // The option's value as a decimal number; nullopt if the option is not
  // given. InvalidArgument: it is no number below 2^64.
  absl::StatusOr<std::optional<uint64_t>> number(
      absl::string_view option) const;
  const std::vector<std::string>& rest() const { return rest_; }

 private:
  friend absl::StatusOr<Arguments> ParseArguments(
      const ArgumentsSpec& spec, const std::vector<std::string>& words);

  std::vector<std::string> operands_;
  std::map<std::string, std::string, std::less<>> options_;
  std::vector<std::string> rest_;
};

// InvalidArgument says which word is too many, missing or unknown.
absl::StatusOr<Arguments> ParseArguments(const ArgumentsSpec& spec,
                                         const std::vector<std::string>& words);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_ARGUMENTS_H_
