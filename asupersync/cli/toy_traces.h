// Traces and calls for the tests of this folder.
#ifndef ASUPERSYNC_CLI_TOY_TRACES_H_
#define ASUPERSYNC_CLI_TOY_TRACES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "asupersync/cli/command.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/trace/replay_trace.h"

namespace asupersync::cli {

// A task named "producer" (T1) spawns one named "consumer" (T2); T1 sleeps for
// 100 ms, then wakes T2, and both complete. 18 events, 4 steps. The fields
// change one thing at a time.
struct ToyTrace {
  uint64_t seed = 42;
  std::string text = "sent 1";  // what T1 says in its second step
  bool other_line = false;      // says it in another source line
  uint8_t outcome = 0;          // of T2
  uint64_t certificate = 0x1111;
  uint64_t fingerprint = 0x2222;
  std::string test_id = "Toy.Sends";
  int extra_steps = 0;  // of T1 at the end, three events each

  ReplayTrace Make() const;
  // Writes it to `name` in the test's temporary folder; returns its path.
  std::string Save(const std::string& name) const;
};

// A parent (path 1) spawns two tasks, in this order, that each say a text in
// steps of their own; one of them wakes the parent. 17 events.
struct TwinTasks {
  bool second_first = false;   // the second task goes before the first
  bool other_numbers = false;  // the first one is T9
  bool first_wakes = true;     // who wakes the parent
  std::string second_says = "second";

  std::string Save(const std::string& name) const;
};

// T1 and T2 write an object that T3 reads, in the order of the digits ("123"),
// each in a step of its own; T3 says "new" or "old". `recorded`: whether the
// accesses are. Returns the path in the test's temporary folder.
std::string SaveAccesses(const std::string& name, bool recorded,
                         const std::string& order);

std::string ReadBytes(const std::string& path);
// These return the path in the test's temporary folder.
std::string WriteTrace(const std::string& name, const ReplayTrace& trace);
std::string WriteBytes(const std::string& name, const std::string& bytes);

// A trace of two blocks, of which the second is cut off or has one byte
// changed. Returns its path.
std::string SaveTruncated(const std::string& name);
std::string SaveDamaged(const std::string& name);

struct CliResult {
  ExitCode code;
  std::string out;
  std::string err;
};

// Runs the command on these words.
CliResult Call(const Command& command, const std::vector<std::string>& words);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TOY_TRACES_H_
