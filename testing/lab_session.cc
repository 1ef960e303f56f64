#include "asupersync/testing/lab_session.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "asupersync/lab/memory_shaper.h"
#include "asupersync/replay/died_run.h"
#include "asupersync/testing/artifacts.h"
#include "asupersync/testing/crash_signals.h"

namespace asupersync {
namespace testing_internal {
namespace {

// What a start spends at most on those that died before.
constexpr std::size_t kDiedTestsMax = 16;
constexpr std::uint64_t kDiedTraceBytesMax = 64 << 20;

class SessionListener final : public ::testing::EmptyTestEventListener {
 public:
  explicit SessionListener(LabSession& session) : session_(session) {}

  // GoogleTest knows by now what it will run.
  void OnTestProgramStart(const ::testing::UnitTest&) override {
    session_.OnProgramStart();
  }
  void OnTestStart(const ::testing::TestInfo&) override {
    session_.OnTestStart();
  }
  void OnTestPartResult(const ::testing::TestPartResult& result) override {
    if (result.failed()) session_.OnFailure(result);
  }
  void OnTestEnd(const ::testing::TestInfo& test) override {
    session_.OnTestEnd(test);
  }

 private:
  LabSession& session_;
};

class ReplayCheck final : public ::testing::Environment {
 public:
  void TearDown() override { LabSession::Get().CheckReplayWasMade(); }
};

const ::testing::TestInfo* FindTest(const std::string& test_id) {
  const ::testing::UnitTest& unit_test = *::testing::UnitTest::GetInstance();
  for (int i = 0; i < unit_test.total_test_suite_count(); ++i) {
    const ::testing::TestSuite& suite = *unit_test.GetTestSuite(i);
    for (int j = 0; j < suite.total_test_count(); ++j) {
      const ::testing::TestInfo& test = *suite.GetTestInfo(j);
      if (absl::StrCat(suite.name(), ".", test.name()) == test_id) {
        return &test;
      }
    }
  }
  return nullptr;
}

// GoogleTest leaves flags that it does not know, so a main function that does
// not call InitLabTesting() would ignore ours.
void RefuseUnreadFlags() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string words((std::istreambuf_iterator<char>(file)),
                          std::istreambuf_iterator<char>());
  for (absl::string_view word : absl::StrSplit(words, '\0')) {
    if (word == "--") break;
    if (!absl::StartsWith(word, "--lab_")) continue;
    StopProgram(absl::StrCat(
        "the flag ", word, " was not read: this program's main function must "
        "call asupersync::InitLabTesting(&argc, argv) after "
        "testing::InitGoogleTest, or be //testing:asupersync_test_main"));
  }
}

}  // namespace

void StopProgram(const std::string& message) {
  // One line, and nothing that a terminal would obey, whatever is quoted.
  std::string line;
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_iscntrl(byte)) {
      absl::StrAppendFormat(&line, "\\x%02x", byte);
    } else {
      line.push_back(c);
    }
  }
  std::fflush(stdout);
  std::fprintf(stderr, "asupersync: %s\n", line.c_str());
  std::fflush(stderr);
  ForgetLastWords();
  _exit(2);
}

std::string CurrentTestId() {
  const ::testing::TestInfo* test =
      ::testing::UnitTest::GetInstance()->current_test_info();
  if (test == nullptr) return "";
  return absl::StrCat(test->test_suite_name(), ".", test->name());
}

void FailCurrentTest(const std::string& message) {
  const ::testing::TestInfo* test =
      ::testing::UnitTest::GetInstance()->current_test_info();
  GTEST_MESSAGE_AT_(test == nullptr ? nullptr : test->file(),
                    test == nullptr ? -1 : test->line(), message.c_str(),
                    ::testing::TestPartResult::kNonFatalFailure);
}

namespace {

void TellUnknownVariables() {
  if (IsDeathTestChild()) return;
  for (const std::string& line : UnknownVariables(ProcessEnvironment())) {
    std::fprintf(stderr, "asupersync: %s\n", line.c_str());
  }
}

bool AsksForHelp(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--help" || argument == "-h" || argument == "-?") {
      return true;
    }
  }
  return false;
}

}  // namespace

LabSession& LabSession::Get() {
  static auto* const session = new LabSession();
  return *session;
}

void LabSession::Init(int* argc, char** argv) {
  if (initialized_) return;
  initialized_ = true;
  std::vector<std::string> arguments(argv + 1, argv + *argc);
  absl::StatusOr<LabFlags> flags = ParseLabFlags(&ProcessVariable, &arguments);
  if (!flags.ok()) StopProgram(std::string(flags.status().message()));
  flags_ = *std::move(flags);
  // GoogleTest has printed its own and will run no test.
  if (AsksForHelp(arguments)) std::fputs(LabFlagsHelp().c_str(), stdout);
  // The pointers to what is left move forward, as GoogleTest does it.
  int kept = 1;
  std::size_t next = 0;
  for (int i = 1; i < *argc; ++i) {
    if (next < arguments.size() && arguments[next] == argv[i]) {
      argv[kept++] = argv[i];
      ++next;
    }
  }
  *argc = kept;
  argv[kept] = nullptr;
  process_ = DescribeTestProcess(argv[0], std::move(arguments),
                                 &ProcessVariable);
  Begin();
  if (flags_.replay.has_value()) LoadReplay();
}

void LabSession::InitIfNeeded() {
  if (initialized_) return;
  initialized_ = true;
  RefuseUnreadFlags();
  std::vector<std::string> no_arguments;
  absl::StatusOr<LabFlags> flags =
      ParseLabFlags(&ProcessVariable, &no_arguments);
  if (!flags.ok()) StopProgram(std::string(flags.status().message()));
  flags_ = *std::move(flags);
  if (flags_.replay.has_value()) {
    StopProgram(
        "ASUPERSYNC_REPLAY is set, but this program's main function does not "
        "call asupersync::InitLabTesting(&argc, argv); let it do so, or link "
        "//testing:asupersync_test_main");
  }
  process_ = DescribeTestProcess("", {}, &ProcessVariable);
  process_.invoked_as = process_.binary;
  Begin();
}

void LabSession::Begin() {
  TellUnknownVariables();
  InstallListener();
  ambient_guard_ = std::make_unique<AmbientGuard>(
      [this](const AmbientCall& call) { OnAmbientCall(call); });
  ambient_guard_->SetReportAllowed(flags_.check_determinism);
  FinishDiedTests();
}

void LabSession::FinishDiedTests() const {
  if (GTEST_FLAG_GET(list_tests) || IsDeathTestChild()) {
    return;
  }
  const ArtifactsRoot root =
      ChooseArtifactsRoot(flags_, process_, &ProcessVariable);
  const FinishedRuns runs =
      FinishDiedRuns(root.folder, kDiedTestsMax, kDiedTraceBytesMax);
  const auto tell = [](const std::string& text) {
    std::fprintf(stderr, "asupersync: %s\n", text.c_str());
  };
  for (const DiedRun& run : runs.finished) tell(run.ToString());
  for (const std::string& folder : runs.too_large) {
    tell(absl::StrCat("a test died in an earlier run, and its trace is long: "
                      "asupersync trace recover ",
                      folder));
  }
  for (const absl::Status& error : runs.errors) {
    tell(absl::StrCat("what a test that died has left cannot be completed: ",
                      error.message()));
  }
}

void LabSession::BeginLastWords() {
  if (IsDeathTestChild()) return;
  const MemoryShaper::Pause pause;  // for later executions as well
  const ExecutionRecord& record = *record_;
  std::string words_of =
      absl::StrCat(record.test_id, "\n", record.chaos_given, "\n",
                   record.oracles_given);
  if (words_of != last_words_of_) {
    last_words_of_ = std::move(words_of);
    ExecutionRecord shown = record;
    shown.seeds = SeedTemplate::Placeholders();
    last_words_ = SeedTemplate(SeedLinesOfDeath(shown, process_));
  }
  LastWords words;
  words.test_id = record.test_id;
  words.text = last_words_.With(SeedTexts(record.seeds));
  SetLastWords(words);
}

std::shared_ptr<BlockStorage> LabSession::CrashSafeStorage(
    const LabConfig& config) {
  const RecorderConfig& recording = config.recording();
  if (recording.storage != nullptr || no_crash_files_ ||
      IsDeathTestChild()) {
    return nullptr;
  }
  const MemoryShaper::Pause pause;  // lives until the test's end
  if (crash_files_ == nullptr) {
    const ArtifactsRoot root =
        ChooseArtifactsRoot(flags_, process_, &ProcessVariable);
    absl::StatusOr<std::unique_ptr<CrashFiles>> files = CrashFiles::Create(
        root, ArtifactsName(root, record_->test_id, KeptFolder()));
    if (!files.ok()) {
      no_crash_files_ = true;
      std::fflush(stdout);
      std::fprintf(stderr,
                   "asupersync: a test that kills this program will leave no "
                   "trace: %s; give a folder that can be written with "
                   "--lab_artifacts_dir or ASUPERSYNC_TEST_ARTIFACTS_DIR\n",
                   std::string(files.status().message()).c_str());
      return nullptr;
    }
    crash_files_ = *std::move(files);
  }
  return crash_files_->storage();
}

void LabSession::BeginCrashSafe(LabRuntime& runtime) {
  const RecorderConfig& recording = runtime.config().recording();
  if (crash_files_ == nullptr || recording.storage == nullptr ||
      recording.storage != crash_files_->storage()) {
    return;
  }
  const MemoryShaper::Pause pause;
  crash_files_->BeginExecution(*record_, process_,
                               runtime.recorder().metadata(),
                               recording.enabled);
}

void LabSession::KeepTrace() {
  if (crash_files_ != nullptr) crash_files_->KeepTrace();
}

void LabSession::EndExecution() {
  if (crash_files_ != nullptr) crash_files_->storage()->Reset();
}

void LabSession::EndCrashSafe(const std::string& written_name) {
  if (crash_files_ != nullptr) crash_files_->End(written_name);
  crash_files_ = nullptr;
  ForgetLastWords();
}

void LabSession::InstallListener() {
  ::testing::UnitTest::GetInstance()->listeners().Append(
      new SessionListener(*this));
}

void LabSession::LoadReplay() {
  absl::StatusOr<ReplayPlan> plan = LoadReplayPlan(*flags_.replay);
  if (!plan.ok()) {
    StopProgram(absl::StrCat("cannot replay: ", plan.status().message()));
  }
  replay_ = *std::move(plan);
  absl::Status status = CheckSeedIsNotContradicted(*replay_, flags_);
  if (!status.ok()) {
    StopProgram(absl::StrCat("cannot replay: ", status.message()));
  }
  if (FindTest(replay_->test_id) == nullptr) {
    StopProgram(absl::StrCat(
        "cannot replay: ", replay_->given, " is of the test ",
        replay_->test_id, ", which is not in this program, ", process_.binary,
        "; run the program that it was recorded with (--gtest_list_tests "
        "shows a program's tests)"));
  }
  if (!replay_->build_id.empty() && replay_->build_id != process_.build_id) {
    std::printf("asupersync: the program was rebuilt since the recording "
                "(build %s then, %s now); the replay shows whether it still "
                "does the same\n",
                replay_->build_id.c_str(), process_.build_id.c_str());
  }
  // Nobody asked for other tests, and this one belongs to every shard.
  if (GTEST_FLAG_GET(filter) == "*") {
    GTEST_FLAG_SET(filter, replay_->test_id);
  }
  unsetenv("GTEST_TOTAL_SHARDS");
  unsetenv("GTEST_SHARD_INDEX");
  ::testing::AddGlobalTestEnvironment(new ReplayCheck());
}

const ReplayPlan* LabSession::ReplayOf(const std::string& test_id) const {
  return replay_.has_value() && replay_->test_id == test_id ? &*replay_
                                                            : nullptr;
}

std::shared_ptr<ExecutionRecord> LabSession::StartRecord(
    std::function<Position()> where) {
  record_ = std::make_shared<ExecutionRecord>();
  record_->test_id = CurrentTestId();
  where_ = std::move(where);
  end_ = Position();
  ambient_guard_->Forget();
  return record_;
}

bool LabSession::HasFatalFailure() const {
  if (rerun_failures_ == nullptr) return ::testing::Test::HasFatalFailure();
  for (int i = 0; i < rerun_failures_->size(); ++i) {
    if (rerun_failures_->GetTestPartResult(i).fatally_failed()) return true;
  }
  return false;
}

void LabSession::EndPositions() {
  if (where_) end_ = where_();
  end_.task.clear();
  where_ = nullptr;
}

void LabSession::Watch(const LabRuntime* runtime,
                       std::function<void(const StuckStep&)> fill_record) {
  if (runtime == nullptr) {
    watchdog_.Watch(nullptr);
    return;
  }
  const MemoryShaper::Pause pause;  // the thread lives until the test's end
  fill_record_ = std::move(fill_record);
  watchdog_.Start(flags_.watchdog, CurrentTestId(),
                  [this](const StuckStep& stuck) { OnStuckStep(stuck); });
  watchdog_.Watch(runtime);
}

void LabSession::OnStuckStep(const StuckStep& stuck) {
  fill_record_(stuck);
  std::string name;
  std::string text = ReportStuckTest(MakeEndReport(/*passed=*/false), &name);
  EndCrashSafe(name);
  // The stuck thread may be in the middle of printing.
  if (ftrylockfile(stdout) == 0) {
    std::fflush(stdout);
    funlockfile(stdout);
  }
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.erase(0, static_cast<std::size_t>(written));
  }
}

void LabSession::OnAmbientCall(const AmbientCall& call) {
  if (record_ != nullptr) {
    record_->ambient_uses.push_back({call, where_ ? where_() : end_});
  }
  if (!call.allowed_because.empty()) return;
  const auto* runtime =
      dynamic_cast<const LabRuntime*>(execution_context.runtime);
  if (runtime != nullptr &&
      !runtime->config().oracles().Has(OracleId::kAmbientAuthority)) {
    return;
  }
  if (record_ != nullptr) record_->AddViolation(OracleId::kAmbientAuthority);
  FailCurrentTest(call.ToString());
}

void LabSession::OnProgramStart() const {
  if (!replay_.has_value() || FindTest(replay_->test_id)->should_run()) return;
  StopProgram(absl::StrCat(
      "cannot replay: ", replay_->given, " is of the test ", replay_->test_id,
      ", which will not be run: --gtest_filter=", GTEST_FLAG_GET(filter),
      " leaves it out, or it is disabled; leave the filter out, which then is "
      "this test, or add --gtest_also_run_disabled_tests"));
}

void LabSession::OnTestStart() {
  record_ = nullptr;
  where_ = nullptr;
  ambient_guard_->Forget();
}

void LabSession::OnFailure(const ::testing::TestPartResult& result) {
  if (record_ == nullptr) return;
  FailedAssertion failure;
  if (result.file_name() != nullptr) failure.file = result.file_name();
  failure.line = result.line_number();
  failure.fatal = result.fatally_failed();
  failure.message = result.message();
  failure.position = where_ ? where_() : end_;
  record_->failures.push_back(std::move(failure));
}

EndReport LabSession::MakeEndReport(bool passed) const {
  EndReport report;
  report.record = record_.get();
  report.passed = passed;
  report.flags = &flags_;
  report.process = &process_;
  report.kept_folder = KeptFolder();
  report.crash_files = crash_files_.get();
  return report;
}

std::string LabSession::KeptFolder() const {
  const bool is_replay = ReplayOf(record_->test_id) != nullptr;
  return is_replay ? replay_->folder : "";
}

void LabSession::OnTestEnd(const ::testing::TestInfo& test) {
  watchdog_.Stop();
  if (record_ == nullptr) {
    EndCrashSafe("");
    return;
  }
  if (record_->replay.has_value()) replay_was_made_ = true;
  const bool passed = !test.result()->Failed();
  if (passed && record_->is_checked) {
    std::printf("[  CHECK   ] %s: executed twice with each seed, no "
                "difference\n",
                record_->test_id.c_str());
  }
  EndCrashSafe(ReportEnd(MakeEndReport(passed)));
  record_ = nullptr;
}

void LabSession::CheckReplayWasMade() const {
  if (!replay_.has_value() || replay_was_made_) return;
  ADD_FAILURE() << "the replay of " << replay_->test_id
                << " that --lab_replay asks for was not made: the test was "
                   "skipped, or made no runtime";
}

}  // namespace testing_internal
}  // namespace asupersync
