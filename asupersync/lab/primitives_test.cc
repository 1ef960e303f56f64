// docs/primitives.md is what the typed rows of cancellation_matrix.cc and
// the tables of commute_test.cc say.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "asupersync/lab/cancellation_matrix.h"
#include "asupersync/lab/commute.h"
#include "asupersync/lab/commute_channel_tables.h"
#include "asupersync/lab/commute_sync_tables.h"
#include "asupersync/lab/commute_task_tables.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

constexpr char kPath[] = "docs/primitives.md";
constexpr char kCommand[] =
    "REGENERATE=1 bazel run //asupersync/lab:primitives_test";
constexpr std::size_t kLineMax = 80;

constexpr char kIntroduction[] =
    R"(# What is tested of each primitive

Generated from tests by

    REGENERATE=1 bazel run //asupersync/lab:primitives_test

Without `REGENERATE` the same test fails where this page says something else
than they do. "yes": there is such a test, and it passes; "no": there is none;
"-": the question does not arise.

## Waiting and cancellation

Each row is an operation that can wait
(`asupersync/lab/cancellation_matrix.cc`). Each cell is tested with two
yield policies, eight seeds and a cancellation at every step: nothing is lost,
leaked or completed twice, and the next task that waits succeeds.

* cancel before: the task is not started, or cancels itself before the
  operation
* during: it is about to wait or waits; for the operations that cancellation
  does not end, it goes on waiting
* after: in the step that lets it go, or when it is done
* masked: a mask defers it
* in a crowd: others wait before and behind it
* drop: the runtime is destroyed at any step
* deadlock shown: the report names the task, what it waits for and the source
  line
* FIFO: tasks are served in the order in which they came ("-": only one may
  wait, or all go together)

)";

constexpr char kFootprints[] = R"(
## Footprints

Each primitive's operations (`asupersync/lab/commute_test.cc`) are run in
pairs by two tasks, in both orders, from each of its states. A pair commutes
if neither task nor anything afterwards can tell the orders apart. Commuting
pairs have one fingerprint, and pairs that do not commute conflict: they have
two. A pair is imprecise if it commutes and conflicts all the same: an
exploration then runs both orders for nothing, and misses nothing.

* touch: so many of the operations conflict with one of them in some state

)";

constexpr char kImprecise[] = R"(
## Imprecise pairs

In how many states of the primitive. Most are attempts that fail (they only
read), and writes whose order does not matter (two releases).
)";

bool IsRegistered(const std::string& suite, absl::string_view test) {
  const ::testing::UnitTest& all = *::testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const ::testing::TestSuite& each = *all.GetTestSuite(i);
    if (each.name() != suite) continue;
    for (int j = 0; j < each.total_test_count(); ++j) {
      if (each.GetTestInfo(j)->name() == test) return true;
    }
  }
  return false;
}

// "yes" if the row has all these tests.
std::string Cell(const MatrixRow& row,
                 std::initializer_list<absl::string_view> tests,
                 bool applies = true,
                 absl::string_view of = "CancellationMatrixTest") {
  if (!applies) return "-";
  const std::string suite = absl::StrCat(of, "/", row.name);
  for (absl::string_view test : tests) {
    if (!IsRegistered(suite, test)) return "no";
  }
  return "yes";
}

std::string WaitingTable() {
  std::string text =
      "| operation | cancel before | during | after | masked | in a crowd | "
      "drop | deadlock shown | FIFO |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
  for (const MatrixRow& row : MatrixRows()) {
    absl::StrAppend(
        &text, "| ", row.name, " | ",
        Cell(row, {"NotStarted", "ByItselfBeforeTheOperation"}), " | ",
        Cell(row, {"AboutToWaitAndWaiting"}),
        row.cancellable ? "" : ", goes on", " | ",
        Cell(row, {"JustReleased", "AlreadyDone"}), " | ",
        Cell(row, {"Masked"}), " | ",
        Cell(row, {"OneIsCancelled"}, row.several, "SeveralWaitersTest"), " | ",
        Cell(row, {"DestroyedWithTheRuntime"}), " | ",
        Cell(row, {"ShownInADeadlock"}, row.deadlocks, "ForeverWaitingTest"),
        " | ");
    absl::StrAppend(
        &text,
        Cell(row, {"FirstInFirstOut"}, row.fifo, "WaitersInOrderTest"),
        " |\n");
  }
  return text;
}

// "`a` with `b` (3), ..." in lines that are not too long.
std::string Wrapped(const std::vector<std::string>& parts) {
  std::string text, line;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string part =
        absl::StrCat(parts[i], i + 1 < parts.size() ? "," : "");
    if (!line.empty() && line.size() + 1 + part.size() > kLineMax) {
      absl::StrAppend(&text, line, "\n");
      line.clear();
    }
    absl::StrAppend(&line, line.empty() ? "" : " ", part);
  }
  return absl::StrCat(text, line, "\n");
}

std::string ImprecisePairs(const commute::Report& report) {
  std::map<std::string, int> states_of;  // by pair
  for (const std::string& each : report.imprecise) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(each, absl::MaxSplits(": ", 1));
    ++states_of[parts.second];
  }
  std::vector<std::string> pairs;
  for (const auto& [pair, states] : states_of) {
    const std::pair<std::string, std::string> of =
        absl::StrSplit(pair, " | ");
    pairs.push_back(absl::StrCat("`", of.first, "` with `", of.second, "` (",
                                 states, ")"));
  }
  return absl::StrCat("\n### ", report.primitive, "\n\n", Wrapped(pairs));
}

std::string FootprintTables() {
  std::string table =
      "| primitive | states | operations | touch | pairs | commute | "
      "conflict | imprecise |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
  std::string pairs;
  for (const commute::Report& report :
       {commute::CheckMutex(), commute::CheckRwLock(),
        commute::CheckSemaphore(), commute::CheckNotify(),
        commute::CheckLatch(), commute::CheckBarrier(),
        commute::CheckOnceCell(), commute::CheckShared(), commute::CheckMpsc(),
        commute::CheckUnboundedMpsc(), commute::CheckOneshot(),
        commute::CheckBroadcast(), commute::CheckBroadcastOfStrings(),
        commute::CheckWatch(), commute::CheckTask(), commute::CheckTimers(),
        commute::CheckScope()}) {
    EXPECT_TRUE(report.errors.empty()) << report.primitive;
    absl::StrAppend(&table, "| ", report.primitive, " | ", report.states,
                    " | ", report.operations, " | ", report.with_footprint,
                    " | ", report.pairs());
    absl::StrAppend(&table, " | ", report.commuting, " | ",
                    report.conflicting, " | ", report.imprecise.size(),
                    " |\n");
    if (!report.imprecise.empty()) {
      absl::StrAppend(&pairs, ImprecisePairs(report));
    }
  }
  return absl::StrCat(kFootprints, table, kImprecise, pairs);
}

TEST(PrimitivesTest, ThePageSaysWhatTheTestsSay) {
  const std::string page =
      absl::StrCat(kIntroduction, WaitingTable(), FootprintTables());
  const char* const workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  if (workspace != nullptr && std::getenv("REGENERATE") != nullptr) {
    const std::string path = absl::StrCat(workspace, "/", kPath);
    std::ofstream out(path, std::ios::binary);
    out << page;
    ASSERT_TRUE(out.flush()) << "cannot write " << path;
    std::cout << "wrote " << path << "\n";
    return;
  }
  std::ifstream in(kPath, std::ios::binary);
  std::ostringstream written;
  written << in.rdbuf();
  // Not EXPECT_EQ, which prints both pages.
  const std::vector<std::string> is = absl::StrSplit(written.str(), '\n');
  const std::vector<std::string> ought = absl::StrSplit(page, '\n');
  for (std::size_t i = 0; i < std::min(is.size(), ought.size()); ++i) {
    ASSERT_EQ(is[i], ought[i])
        << kPath << ":" << i + 1 << " is out of date; run " << kCommand;
  }
  EXPECT_EQ(is.size(), ought.size())
      << kPath << " is out of date; run " << kCommand;
}

TEST(PrimitivesTest, ATestThatIsMissingIsANo) {
  const MatrixRow row = MatrixRows().front();
  MatrixRow other = row;
  other.name = "NoSuchRow";
  EXPECT_EQ(Cell(row, {"NotStarted"}), "yes");
  EXPECT_EQ(Cell(row, {"NotStarted", "NoSuchTest"}), "no");
  EXPECT_EQ(Cell(other, {"NotStarted"}), "no");
  EXPECT_EQ(Cell(row, {"NotStarted"}, /*applies=*/false), "-");
}

}  // namespace
}  // namespace asupersync
