// Holds the whole source tree to the rules of this folder.
//
// Each rule is a test, so that a report names the rules that are broken; each
// broken place is one line "path:line: what. Mend: how." The BUILD file says
// how this test sees files that no target lists.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "tools/tidy/build_rules.h"
#include "tools/tidy/include_rules.h"
#include "tools/tidy/link_rules.h"
#include "tools/tidy/source_file.h"
#include "tools/tidy/text_rules.h"

namespace asupersync::tidy {
namespace {

namespace fs = std::filesystem;

// What the root may hold besides dot files.
const std::set<std::string>& RootEntries() {
  static const auto* const kEntries = new std::set<std::string>{
      "BUILD.bazel", "LICENSE", "README.md", "WORKSPACE",  "asupersync",
      "benchmarks",  "docs",    "examples",  "proto",      "testing",
      "third_party", "tools",
  };
  return *kEntries;
}

// The folder that holds WORKSPACE: where the LICENSE among this test's data
// really is, for that is a symbolic link into the source tree.
fs::path FindRoot() {
  const char* runfiles = std::getenv("TEST_SRCDIR");
  const char* workspace = std::getenv("TEST_WORKSPACE");
  fs::path license = "LICENSE";
  if (runfiles != nullptr && workspace != nullptr) {
    license = fs::path(runfiles) / workspace / "LICENSE";
  }
  std::error_code error;
  return fs::canonical(license, error).parent_path();
}

std::string Read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

class TidyTest : public ::testing::Test {
 protected:
  // The tree is read once, sorted by path.
  static void SetUpTestSuite() {
    root_ = new fs::path(FindRoot());
    files_ = new std::map<std::string, SourceFile>;
    builds_ = new std::vector<BuildFile>;
    if (!fs::exists(*root_ / "WORKSPACE")) return;
    for (const auto& entry : fs::directory_iterator(*root_)) {
      if (!entry.is_symlink() && entry.is_regular_file()) Add(entry.path());
    }
    for (const std::string& name : RootEntries()) AddFolder(*root_ / name);
    AddFolder(*root_ / ".ci");
    for (const auto& [path, file] : *files_) {
      if (IsBuildFile(path)) builds_->push_back(ParseBuildFile(file));
    }
  }

  static void TearDownTestSuite() {
    delete root_;
    delete files_;
    delete builds_;
  }

  void SetUp() override {
    ASSERT_TRUE(fs::exists(*root_ / "WORKSPACE"))
        << "the source tree is not at '" << root_->string()
        << "'; run this test with bazel, without a remote executor";
  }

  // Those under third_party/ describe other people's sources.
  static bool IsBuildFile(absl::string_view path) {
    return absl::EndsWith(absl::StrCat("/", path), "/BUILD.bazel") &&
           !absl::StartsWith(path, "third_party/");
  }

  static std::set<std::string> Paths() {
    std::set<std::string> paths;
    for (const auto& [path, file] : *files_) paths.insert(path);
    return paths;
  }

  // Applies a rule to each file that it is about.
  template <typename Rule>
  static void Expect(Rule rule) {
    std::vector<Finding> findings;
    for (const auto& [path, file] : *files_) {
      for (Finding& finding : rule(file)) {
        findings.push_back(std::move(finding));
      }
    }
    Report(findings);
  }

  // One failure with a line for each finding.
  static void Report(const std::vector<Finding>& findings) {
    if (findings.empty()) return;
    std::ostringstream lines;
    for (const Finding& finding : findings) lines << "\n" << finding;
    ADD_FAILURE() << "places where this rule is broken: " << findings.size()
                  << lines.str();
  }

  static fs::path* root_;
  static std::map<std::string, SourceFile>* files_;
  static std::vector<BuildFile>* builds_;

 private:
  static void Add(const fs::path& path) {
    std::string name = fs::relative(path, *root_).generic_string();
    files_->emplace(name, SourceFile{name, Read(path)});
  }

  static void AddFolder(const fs::path& folder) {
    if (!fs::is_directory(folder)) return;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_symlink() && entry.is_regular_file()) Add(entry.path());
    }
  }
};

fs::path* TidyTest::root_ = nullptr;
std::map<std::string, SourceFile>* TidyTest::files_ = nullptr;
std::vector<BuildFile>* TidyTest::builds_ = nullptr;

// Without this, a walk that finds nothing would pass every rule.
TEST_F(TidyTest, SeesTheTree) {
  EXPECT_EQ(files_->count("WORKSPACE"), 1u);
  EXPECT_EQ(files_->count("tools/tidy/tidy_test.cc"), 1u);
  EXPECT_EQ(files_->count("third_party/README.md"), 1u);
  EXPECT_EQ(files_->count(".ci/run"), 1u);
  EXPECT_GE(builds_->size(), 2u);
}

TEST_F(TidyTest, RootHoldsOnlyWhatHasAReason) {
  for (const auto& entry : fs::directory_iterator(*root_)) {
    const std::string name = entry.path().filename().string();
    if (name[0] == '.' || absl::StartsWith(name, "bazel-")) continue;
    EXPECT_EQ(RootEntries().count(name), 1u)
        << name << ": is not an entry of the root. Mend: move it into the "
        << "folder that it belongs to, or add it to RootEntries().";
  }
}

TEST_F(TidyTest, IncludesGoDownTheLayers) {
  const IncludeContext context = {Paths(), TestFiles(*builds_)};
  Expect([&](const SourceFile& file) {
    if (KindOf(file) != FileKind::kCc) return std::vector<Finding>();
    return CheckIncludes(file, context);
  });
}

TEST_F(TidyTest, LinesHaveAtMostEightyColumns) { Expect(CheckColumns); }

TEST_F(TidyTest, WhiteSpaceIsPlain) {
  Expect([](const SourceFile& file) {
    if (KindOf(file) == FileKind::kOther) return std::vector<Finding>();
    return CheckWhiteSpace(file);
  });
}

TEST_F(TidyTest, NothingIsMarkedUnfinished) {
  Expect([](const SourceFile& file) {
    if (KindOf(file) == FileKind::kOther) return std::vector<Finding>();
    return CheckMarks(file);
  });
}

TEST_F(TidyTest, HeaderGuardsNameTheirPath) { Expect(CheckGuard); }

TEST_F(TidyTest, FilesAreNotTooLong) { Expect(CheckSize); }

TEST_F(TidyTest, NothingDiffersBetweenTwoRuns) { Expect(CheckDeterminism); }

TEST_F(TidyTest, NothingWalksAHashTable) {
  Expect([](const SourceFile& file) {
    const auto header = files_->find(
        absl::StrCat(FolderOf(file.path), "/", StemOf(file.path), ".h"));
    return CheckHashOrder(
        file, header == files_->end() ? "" : header->second.text);
  });
}

TEST_F(TidyTest, EveryExceptionIsStillNeeded) {
  for (const Exception& exception : Exceptions()) {
    EXPECT_TRUE(std::any_of(files_->begin(), files_->end(),
                            [&](const auto& entry) {
                              return IsUsed(exception, entry.second);
                            }))
        << exception.path << " no longer uses " << exception.word
        << ". Mend: remove its line from Exceptions() in text_rules.cc.";
  }
}

TEST_F(TidyTest, BuildFilesFollowTheRules) {
  Expect([](const SourceFile& file) {
    if (!IsBuildFile(file.path)) return std::vector<Finding>();
    return CheckBuildFile(ParseBuildFile(file));
  });
}

TEST_F(TidyTest, EverySourceIsListedOnce) {
  Report(CheckSourcesAreListed(*builds_, Paths()));
}

TEST_F(TidyTest, LinksLeadSomewhere) {
  Expect([&](const SourceFile& file) {
    return CheckLinks(
        file,
        [](const std::string& path) { return fs::exists(*root_ / path); },
        [](const std::string& path) { return Read(*root_ / path); });
  });
}

}  // namespace
}  // namespace asupersync::tidy
