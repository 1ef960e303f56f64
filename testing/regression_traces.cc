#include "asupersync/testing/regression_traces.h"

#include <glob.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "asupersync/asupersync.h"
#include "asupersync/replay/died_run.h"
#include "asupersync/replay/manifest.h"
#include "asupersync/testing/artifacts.h"
#include "asupersync/testing/lab_flags.h"
#include "asupersync/testing/lab_session.h"
#include "asupersync/testing/own_process.h"
#include "asupersync/testing/test_process.h"

namespace asupersync {
namespace testing_internal {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> Glob(const std::string& pattern) {
  glob_t found = {};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  for (std::string& path : paths) {
    std::error_code error;
    const fs::path absolute = fs::absolute(path, error);
    if (!error) path = absolute.lexically_normal().string();
  }
  // By bytes: glob() sorts by the locale.
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Where the folder of a source file may be when the program runs.
std::vector<std::string> FoldersOf(const std::string& source_file) {
  const std::string folder = fs::path(source_file).parent_path().string();
  std::vector<std::string> folders = {folder.empty() ? "." : folder};
  if (fs::path(folder).is_absolute()) return folders;
  const std::optional<std::string> sources = ProcessVariable("TEST_SRCDIR");
  const std::optional<std::string> workspace =
      ProcessVariable("TEST_WORKSPACE");
  if (sources.has_value() && workspace.has_value()) {
    folders.push_back(absl::StrCat(*sources, "/", *workspace, "/", folder));
  }
  std::error_code error;
  std::vector<std::string> roots;
  for (const auto& root :
       fs::directory_iterator(OwnPath() + ".runfiles", error)) {
    roots.push_back(root.path().string());
  }
  std::sort(roots.begin(), roots.end());
  for (const std::string& root : roots) {
    folders.push_back(absl::StrCat(root, "/", folder));
  }
  if (const auto run = ProcessVariable("BUILD_WORKSPACE_DIRECTORY")) {
    folders.push_back(absl::StrCat(*run, "/", folder));
  }
  return folders;
}

class UnmatchedPattern final : public ::testing::Test {
 public:
  UnmatchedPattern(std::string pattern, std::vector<std::string> searched)
      : pattern_(std::move(pattern)), searched_(std::move(searched)) {}

 private:
  void TestBody() override {
    FAIL() << "LAB_REGRESSION_TRACES(\"" << pattern_
           << "\") matches no file; tried\n  "
           << absl::StrJoin(searched_, "\n  ")
           << "\nlist the traces as `data` of the test, or take the line out";
  }

  std::string pattern_;
  std::vector<std::string> searched_;
};

// "by signal 6 (SIGABRT)", as far as it is known.
std::string ByWhat(const OwnRun& run, const ReproManifest& manifest) {
  const std::uint64_t signal =
      run.signal != 0 ? static_cast<std::uint64_t>(run.signal)
                      : manifest.signal;
  return signal != 0 ? absl::StrCat("by ", SignalText(signal))
                     : absl::StrCat("with exit status ", run.exit_status);
}

// How far a replay of the trace at `path` went whose process died, as `died`
// says.
std::string FollowedText(const std::string& path, const OwnRun& run,
                         const ReproManifest& died) {
  std::string text =
      absl::StrCat("the process died ", ByWhat(run, died), " in or after step ",
                   died.steps);
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  if (!reader.ok()) return text;
  const ReplayTrace trace = reader->Recover();
  if (trace.empty()) return text;
  return absl::StrCat(text, "; the trace ends in step ",
                      trace.At(trace.end_index() - 1)->tick);
}

// The manifest that the replay has left below `folder`.
absl::StatusOr<ReproManifest> FindManifest(const std::string& folder) {
  FinishDiedRuns(folder);
  for (const std::string& path : Glob(folder + "/*/repro_manifest.json")) {
    return ReadManifest(path);
  }
  return absl::NotFoundError("the replay left no manifest");
}

class RegressionTrace final : public ::testing::Test {
 public:
  RegressionTrace(std::string name, std::string path)
      : name_(std::move(name)), path_(std::move(path)) {}

 private:
  void TestBody() override {
    LabSession& session = LabSession::Get();
    session.InitIfNeeded();
    const std::string folder = absl::StrCat(
        ChooseArtifactsRoot(session.flags(), session.process(),
                            &ProcessVariable)
            .folder,
        "/regression_traces/", name_);
    std::error_code error;
    fs::remove_all(folder, error);
    fs::create_directories(folder, error);
    ASSERT_FALSE(error) << "cannot make the folder " << folder << ": "
                        << error.message();
    std::vector<std::string> arguments = {
        absl::StrCat("--lab_replay=", path_), "--lab_replay_mode=resync",
        absl::StrCat("--lab_artifacts_dir=", folder)};
    for (const std::string& argument : session.process().arguments) {
      arguments.push_back(argument);
    }
    const absl::StatusOr<OwnRun> run =
        RunOwnProgram(arguments, absl::StrCat(folder, "/output.txt"));
    ASSERT_TRUE(run.ok()) << run.status().message();
    Judge(*run, FindManifest(folder));
    if (HasFailure() || session.flags().artifacts_always) return;
    fs::remove_all(folder, error);
  }

  void Judge(const OwnRun& run, const absl::StatusOr<ReproManifest>& replay) {
    // For who reads it when the sandbox is gone.
    const std::string shown =
        OutsideSandbox(path_, LabSession::Get().process().binary);
    RecordProperty("trace", shown);
    const bool was_followed = replay.ok() && !replay->replay_of.empty();
    if (was_followed && replay->status == kStatusDied) {
      RecordProperty("replay_verdict", "still fails");
      const std::string followed = FollowedText(path_, run, *replay);
      RecordProperty("replay_followed", followed);
      FAIL() << "the regression trace " << shown << " of " << replay->test_id
             << " still fails: " << followed << "\nthe program said\n"
             << run.output;
    }
    if (!was_followed || replay->replay_verdict.empty()) {
      FAIL() << "the trace " << shown << " was not replayed: "
             << (run.signal != 0
                     ? absl::StrCat("the program died by signal ", run.signal)
                     : absl::StrCat("the program ended with status ",
                                    run.exit_status))
             << "; it said\n"
             << run.output;
    }
    RecordProperty("replay_verdict", replay->replay_verdict);
    RecordProperty("replay_followed", replay->replay_followed);
    const std::string answer =
        absl::StrCat(replay->test_id, " ", replay->replay_verdict, ": ",
                     replay->replay_followed);
    if (!replay->passed || run.exit_status != 0) {
      FAIL() << "the regression trace " << shown << " of " << answer
             << "\nthe program said\n"
             << run.output;
    }
    std::printf("[REGRESSION] %s\n", answer.c_str());
    if (replay->replay_verdict == "diverged") {
      std::printf("[ WARNING  ] the trace %s hardly fits the program any more; "
                  "record the failure again or remove the trace\n",
                  shown.c_str());
    }
    std::fflush(stdout);
  }

  std::string name_;
  std::string path_;
};

}  // namespace

TraceFiles FindTraceFiles(absl::string_view pattern,
                          const std::vector<std::string>& folders) {
  TraceFiles files;
  for (const std::string& folder : folders) {
    const std::string whole =
        fs::path(std::string(pattern)).is_absolute()
            ? std::string(pattern)
            : absl::StrCat(folder, "/", pattern);
    files.paths = Glob(whole);
    if (!files.paths.empty()) break;
    if (files.searched.empty() || files.searched.back() != whole) {
      files.searched.push_back(whole);
    }
  }
  return files;
}

std::vector<std::string> RegressionCaseNames(
    const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const std::string& path : paths) {
    const std::string stem = SanitizedTestId(fs::path(path).stem().string());
    std::string name = stem;
    for (int i = 2; !taken.insert(name).second; ++i) {
      name = absl::StrCat(stem, "_", i);
    }
    names.push_back(std::move(name));
  }
  return names;
}

int RegisterRegressionTraces(const char* pattern, const char* file, int line) {
  constexpr char kSuite[] = "RegressionTraces";
  const TraceFiles files = FindTraceFiles(pattern, FoldersOf(file));
  if (files.paths.empty()) {
    const std::string name = "NoFileMatches_" + SanitizedTestId(pattern);
    ::testing::RegisterTest(
        kSuite, name.c_str(), nullptr, nullptr, file, line,
        [pattern = std::string(pattern),
         searched = files.searched]() -> ::testing::Test* {
          return new UnmatchedPattern(pattern, searched);
        });
    return 1;
  }
  const std::vector<std::string> names = RegressionCaseNames(files.paths);
  for (std::size_t i = 0; i < names.size(); ++i) {
    ::testing::RegisterTest(
        kSuite, names[i].c_str(), nullptr, nullptr, file, line,
        [name = names[i], path = files.paths[i]]() -> ::testing::Test* {
          return new RegressionTrace(name, path);
        });
  }
  return static_cast<int>(names.size());
}

}  // namespace testing_internal
}  // namespace asupersync
