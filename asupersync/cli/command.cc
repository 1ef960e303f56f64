#include "asupersync/cli/command.h"

#include "asupersync/cli/quoting.h"

namespace asupersync::cli {

void PrintError(const Output& output, absl::string_view message) {
  output.err << "asupersync: " << Printable(message) << "\n";
}

ExitCode UsageError(const Output& output, absl::string_view command,
                    absl::string_view message) {
  output.err << "asupersync " << command << ": " << Printable(message)
             << "; see 'asupersync help " << command << "'\n";
  return ExitCode::kUsage;
}

}  // namespace asupersync::cli
