#ifndef ASUPERSYNC_TESTING_E2E_SUBJECT_PROCESS_H_
#define ASUPERSYNC_TESTING_E2E_SUBJECT_PROCESS_H_

#include <map>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

namespace asupersync {
namespace e2e {

struct ProcessResult {
  int exit_status = -1;  // 128 + the signal's number if a signal ended it
  std::string out;
  std::string err;
};

using Variables = std::map<std::string, std::string>;

// Runs a program to its end in `folder`, with these variables and no others
// but the sanitizers'.
ProcessResult RunProcess(const std::vector<std::string>& command,
                         const Variables& variables,
                         const std::string& folder);

// The program named by the variable SUBJECT of the driver's own environment.
std::string SubjectPath();

// Runs the subject with these arguments.
ProcessResult RunSubject(const std::vector<std::string>& arguments,
                         const Variables& variables = {},
                         const std::string& folder = "/");

// A new empty folder, for the driver's test alone.
std::string FreshFolder();

// REQUIRES: the file is there; fails the driver's test otherwise.
std::string ReadFile(const std::string& path);
nlohmann::json ReadJson(const std::string& path);
void WriteFile(const std::string& path, const std::string& bytes);

// Every file below the folder, by its path from there.
std::map<std::string, std::string> ReadTree(const std::string& folder);

// The lines of `text` that contain `part`, without white space around them.
std::vector<std::string> LinesWith(const std::string& text,
                                   const std::string& part);

}  // namespace e2e
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_E2E_SUBJECT_PROCESS_H_
