#include "testing/e2e/subject_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace e2e {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Exec(const std::vector<std::string>& command,
                       const Variables& variables, const std::string& folder,
                       const std::string& out, const std::string& err) {
  std::vector<char*> words;
  for (const std::string& word : command) {
    words.push_back(const_cast<char*>(word.c_str()));
  }
  words.push_back(nullptr);
  std::vector<std::string> settings;
  for (const auto& [name, value] : variables) {
    settings.push_back(absl::StrCat(name, "=", value));
  }
  // Artifacts that have no other place must not meet those of another driver.
  if (!variables.contains("TMPDIR")) {
    settings.push_back(absl::StrCat("TMPDIR=", ::testing::TempDir()));
  }
  // The sanitizers' settings are those of the driver.
  for (const char* name : {"ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) settings.push_back(absl::StrCat(name, "=", value));
  }
  std::vector<char*> environment;
  for (std::string& setting : settings) environment.push_back(setting.data());
  environment.push_back(nullptr);
  const int flags = O_WRONLY | O_CREAT | O_TRUNC;
  if (dup2(open(out.c_str(), flags, 0600), 1) < 0 ||
      dup2(open(err.c_str(), flags, 0600), 2) < 0 ||
      chdir(folder.c_str()) != 0) {
    _exit(126);
  }
  execve(words[0], words.data(), environment.data());
  _exit(127);
}

}  // namespace

ProcessResult RunProcess(const std::vector<std::string>& command,
                         const Variables& variables,
                         const std::string& folder) {
  const std::string output = FreshFolder();
  const std::string out = output + "/out";
  const std::string err = output + "/err";
  const pid_t child = fork();
  if (child == 0) Exec(command, variables, folder, out, err);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) {
    ADD_FAILURE() << "cannot run " << command[0];
    return {};
  }
  ProcessResult result;
  result.exit_status = WIFEXITED(status) ? WEXITSTATUS(status)
                                         : 128 + WTERMSIG(status);
  result.out = ReadFile(out);
  result.err = ReadFile(err);
  fs::remove_all(output);
  return result;
}

std::string SubjectPath() {
  const char* subject = std::getenv("SUBJECT");
  if (subject == nullptr) {
    ADD_FAILURE() << "the variable SUBJECT does not name the program";
    return "";
  }
  return fs::absolute(subject).string();
}

ProcessResult RunSubject(const std::vector<std::string>& arguments,
                         const Variables& variables,
                         const std::string& folder) {
  std::vector<std::string> command = {SubjectPath()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return RunProcess(command, variables, folder);
}

std::string FreshFolder() {
  static int made = 0;
  const std::string folder =
      absl::StrCat(::testing::TempDir(), "/driver_", getpid(), "_", ++made);
  fs::create_directories(folder);
  return fs::canonical(folder).string();
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << "cannot read " << path;
  return std::string((std::istreambuf_iterator<char>(file)),
                     std::istreambuf_iterator<char>());
}

nlohmann::json ReadJson(const std::string& path) {
  return nlohmann::json::parse(ReadFile(path), nullptr, false);
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  EXPECT_TRUE(file.good()) << "cannot write " << path;
}

std::map<std::string, std::string> ReadTree(const std::string& folder) {
  std::map<std::string, std::string> tree;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    tree[fs::relative(entry.path(), folder).string()] =
        ReadFile(entry.path().string());
  }
  return tree;
}

std::vector<std::string> LinesWith(const std::string& text,
                                   const std::string& part) {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::StrContains(line, part)) {
      lines.emplace_back(absl::StripAsciiWhitespace(line));
    }
  }
  return lines;
}

}  // namespace e2e
}  // namespace asupersync
