// What the `asupersync` program's exit status says.
#ifndef ASUPERSYNC_CLI_EXIT_CODE_H_
#define ASUPERSYNC_CLI_EXIT_CODE_H_

namespace asupersync::cli {

// Scripts rely on these numbers: they never change their meaning.
enum class ExitCode : int {
  kOk = 0,
  // The command line is not understood. Nothing was done.
  kUsage = 1,
  // A file cannot be read, is not what it should be, or is not whole; or the
  // output cannot be written.
  kInput = 2,
  // A replayed test failed, as recorded or, if the program has changed, in
  // another way.
  kTestFailed = 10,
  // A replayed test failed because an oracle found a violation.
  kOracleViolation = 11,
  // A program did not repeat its own recording: it is not deterministic.
  kNondeterminism = 12,
  // Two traces differ.
  kTracesDiffer = 13,
};

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_EXIT_CODE_H_
