#include "asupersync/cli/seeds_command.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/seed.h"
#include "asupersync/base/stable_hash.h"
#include "asupersync/cli/quoting.h"

namespace asupersync::cli {
namespace {

constexpr absl::string_view kHelp = R"(
Prints the seeds that a test with the test seed SEED has, in hexadecimal and
decimal: that of the schedule, of the random values that the program asks for
(entropy), of injected faults, and of generated inputs (fuzz). SEED is a
decimal number or, after 0x, a hexadecimal one; '_' and ' may stand between
digits. TEST_ID is "Suite.Name", as GoogleTest prints it; without one, the
seeds are those of a runtime outside of a test.

  derived = XXH64(le64(SEED) || tag || le64(scope_id), 0)
  tag = "schedule", "entropy", "fault", "fuzz"; scope_id = XXH64(TEST_ID, 0)

With --format=json: "test_id", "test_seed", "scope_id", "schedule_seed",
"entropy_seed", "fault_seed" and "fuzz_seed", as numbers.

Exit status: 0 ok; 1 SEED is no seed.

Examples:
  asupersync seeds 42 PipelineTest.DeliversInOrder
  asupersync seeds 0x1234_5678_9abc_def0
)";

ExitCode Run(const Arguments& arguments, const Output& output) {
  const absl::StatusOr<uint64_t> seed = ParseSeed(arguments.operand(0));
  if (!seed.ok()) {
    return UsageError(output, "seeds", seed.status().message());
  }
  const std::string test_id =
      arguments.operand_count() > 1 ? arguments.operand(1) : std::string();
  const DerivedSeeds seeds = DeriveSeeds(*seed, test_id);
  const std::pair<absl::string_view, uint64_t> rows[] = {
      {"test_seed", seeds.test_seed},    {"scope_id", StableHash64(test_id)},
      {"schedule_seed", seeds.schedule}, {"entropy_seed", seeds.entropy},
      {"fault_seed", seeds.fault},       {"fuzz_seed", seeds.fuzz}};
  output.out << absl::StrFormat(
      "%-14s %s\n", "test_id", test_id.empty() ? "none" : Printable(test_id));
  if (output.json != nullptr) output.json->Field("test_id", test_id);
  for (const auto& [name, value] : rows) {
    output.out << absl::StrFormat("%-14s %s %d\n", name, FormatSeed(value),
                                  value);
    if (output.json != nullptr) output.json->Field(name, value);
  }
  return ExitCode::kOk;
}

}  // namespace

const Command& SeedsCommand() {
  static const auto* const kCommand = new Command{
      "seeds", "SEED [TEST_ID] [OPTIONS]", "show the seeds derived from a seed",
      kHelp,   {{}, {"SEED", "[TEST_ID]"}}, &Run};
  return *kCommand;
}

}  // namespace asupersync::cli
