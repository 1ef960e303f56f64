// Scripts that complete the `asupersync` program's command lines, made from
// its commands' own table.
//
//   std::optional<std::string> script = CompletionScript("bash", commands);
//
// They offer the words of commands, options, the values that an option takes,
// and file names where a command wants a file.
//
// Determinism: a function of the commands.
#ifndef ASUPERSYNC_CLI_COMPLETION_H_
#define ASUPERSYNC_CLI_COMPLETION_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "asupersync/cli/command.h"

namespace asupersync::cli {

// `shell` is "bash", "zsh" or "fish"; nullopt for others.
std::optional<std::string> CompletionScript(
    absl::string_view shell, const std::vector<const Command*>& commands);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_COMPLETION_H_
