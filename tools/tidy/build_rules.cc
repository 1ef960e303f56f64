#include "tools/tidy/build_rules.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tools/tidy/source_file.h"

namespace asupersync::tidy {
namespace {

bool IsNameCharacter(char c) { return absl::ascii_isalnum(c) || c == '_'; }

// The position after the string literal that opens at `open`.
size_t EndOfString(absl::string_view text, size_t open) {
  const absl::string_view triple = text.substr(open, 3);
  if (triple == R"(""")" || triple == "'''") {
    size_t end = text.find(triple, open + 3);
    return end == text.npos ? text.size() : end + 3;
  }
  for (size_t i = open + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == text[open]) {
      return i + 1;
    }
  }
  return text.size();
}

// Comments replaced by spaces; strings as they are.
std::string WithoutComments(absl::string_view text) {
  std::string code(text);
  for (size_t i = 0; i < code.size();) {
    if (code[i] == '"' || code[i] == '\'') {
      i = EndOfString(code, i);
    } else if (code[i] == '#') {
      while (i < code.size() && code[i] != '\n') code[i++] = ' ';
    } else {
      ++i;
    }
  }
  return code;
}

// The string literals in an expression.
std::vector<std::string> Strings(absl::string_view text) {
  std::vector<std::string> strings;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '"' || text[i] == '\'') {
      size_t end = EndOfString(text, i);
      absl::string_view literal = text.substr(i + 1, end - i - 2);
      absl::ConsumePrefix(&literal, ":");
      strings.emplace_back(literal);
      i = end;
    } else {
      ++i;
    }
  }
  return strings;
}

// Splits what stands between the parentheses of a call, from `begin` on, into
// its arguments. Keyword arguments only: the others are of no interest here.
std::map<std::string, std::string> Arguments(absl::string_view text,
                                             size_t begin) {
  std::map<std::string, std::string> arguments;
  auto add = [&](absl::string_view argument) {
    size_t name_end = 0;
    argument = absl::StripAsciiWhitespace(argument);
    while (name_end < argument.size() && IsNameCharacter(argument[name_end])) {
      ++name_end;
    }
    absl::string_view rest =
        absl::StripLeadingAsciiWhitespace(argument.substr(name_end));
    if (name_end == 0 || !absl::ConsumePrefix(&rest, "=")) return;
    arguments.emplace(argument.substr(0, name_end),
                      absl::StripAsciiWhitespace(rest));
  };
  int depth = 0;
  size_t argument = begin;
  for (size_t i = begin; i < text.size();) {
    char c = text[i];
    if (c == '"' || c == '\'') {
      i = EndOfString(text, i);
      continue;
    }
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (depth == 0 && (c == ',' || c == ')')) {
      add(text.substr(argument, i - argument));
      argument = i + 1;
      if (c == ')') break;
    }
    if (c == ')' || c == ']' || c == '}') --depth;
    ++i;
  }
  return arguments;
}

void AddCall(BuildFile& build, const std::string& rule, int line,
             std::map<std::string, std::string> arguments) {
  const bool testonly =
      arguments["testonly"] == "True" || arguments["testonly"] == "1";
  if (rule == "package") {
    build.private_by_default = Strings(arguments["default_visibility"]) ==
                               std::vector<std::string>{"//visibility:private"};
    build.testonly_by_default =
        arguments["default_testonly"] == "True" ||
        arguments["default_testonly"] == "1";
    return;
  }
  if (rule == "glob") {
    build.glob_line = line;
    return;
  }
  if (arguments.count("name") == 0) return;
  Target target;
  target.rule = rule;
  const std::vector<std::string> names = Strings(arguments["name"]);
  if (!names.empty()) target.name = names[0];
  target.line = line;
  target.srcs = Strings(arguments["srcs"]);
  target.hdrs = Strings(arguments["hdrs"]);
  for (std::string& header : Strings(arguments["textual_hdrs"])) {
    target.hdrs.push_back(std::move(header));
  }
  target.testonly = testonly;
  target.has_size = arguments.count("size") > 0;
  build.targets.push_back(std::move(target));
}

bool IsSource(absl::string_view name) {
  return absl::EndsWith(name, ".h") || absl::EndsWith(name, ".cc");
}

bool IsTest(const BuildFile& build, const Target& target) {
  return target.testonly || build.testonly_by_default ||
         absl::EndsWith(target.rule, "_test");
}

// "a/b/BUILD.bazel" and "c.h" -> "a/b/c.h".
std::string InPackage(const BuildFile& build, absl::string_view name) {
  absl::string_view folder = FolderOf(build.path);
  return folder.empty() ? std::string(name) : absl::StrCat(folder, "/", name);
}

std::vector<std::string> Sources(const Target& target) {
  std::vector<std::string> sources;
  for (const std::string& name : target.srcs) {
    if (IsSource(name)) sources.push_back(name);
  }
  for (const std::string& name : target.hdrs) {
    if (IsSource(name)) sources.push_back(name);
  }
  return sources;
}

}  // namespace

BuildFile ParseBuildFile(const SourceFile& file) {
  BuildFile build;
  build.path = file.path;
  const std::string text = WithoutComments(file.text);
  int line = 1;
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    if (text[i] == '"' || text[i] == '\'') {
      end = EndOfString(text, i);
    } else if (IsNameCharacter(text[i])) {
      while (end < text.size() && IsNameCharacter(text[end])) ++end;
      if (end < text.size() && text[end] == '(') {
        AddCall(build, text.substr(i, end - i), line,
                Arguments(text, end + 1));
      }
    }
    line += static_cast<int>(
        std::count(text.begin() + i, text.begin() + end, '\n'));
    i = end;
  }
  return build;
}

std::vector<Finding> CheckBuildFile(const BuildFile& build) {
  std::vector<Finding> findings;
  if (!build.private_by_default) {
    findings.push_back(
        {build.path, 1, "is not private by default",
         "write package(default_visibility = [\"//visibility:private\"])"});
  }
  if (build.glob_line > 0) {
    findings.push_back({build.path, build.glob_line, "uses glob",
                        "list the files by name"});
  }
  for (const Target& target : build.targets) {
    auto find = [&](std::string what, std::string mend) {
      findings.push_back({build.path, target.line,
                          absl::StrCat(target.name, " ", what), mend});
    };
    if (target.rule == "cc_test" && !target.has_size) {
      find("states no size", "add size = \"small\", say");
    }
    if (target.rule != "cc_library") continue;
    int headers = 0;
    bool same_name = true;
    const std::vector<std::string> sources = Sources(target);
    for (const std::string& source : sources) {
      if (absl::EndsWith(source, ".h")) ++headers;
      if (StemOf(source) != target.name) same_name = false;
    }
    if (headers > 1) {
      find(absl::StrCat("has ", headers, " headers"),
           "make each header a cc_library of its own name");
    } else if (headers == 1 && !same_name) {
      find("has a source of another name",
           "call the library, its header and its .cc the same");
    } else if (sources.empty()) {
      find("has no sources", "depend on what is meant directly");
    }
  }
  return findings;
}

std::vector<Finding> CheckSourcesAreListed(
    const std::vector<BuildFile>& builds, const std::set<std::string>& files) {
  std::vector<Finding> findings;
  std::map<std::string, std::string> package_of_folder;
  std::map<std::string, std::vector<std::string>> targets_of;
  for (const BuildFile& build : builds) {
    package_of_folder[std::string(FolderOf(build.path))] = build.path;
    for (const Target& target : build.targets) {
      for (const std::string& name : Sources(target)) {
        // A label of another package, or of what a rule makes.
        if (absl::StrContains(name, ':') || absl::StartsWith(name, "@")) {
          continue;
        }
        const std::string path = InPackage(build, name);
        targets_of[path].push_back(target.name);
        if (files.count(path) == 0) {
          findings.push_back({build.path, target.line,
                              absl::StrCat(target.name, " lists ", name,
                                           ", which does not exist"),
                              "remove it, or add the file"});
        }
      }
    }
  }
  for (const std::string& path : files) {
    if (!IsSource(path)) continue;
    absl::string_view folder = FolderOf(path);
    while (!folder.empty() &&
           package_of_folder.count(std::string(folder)) == 0) {
      folder = FolderOf(folder);
    }
    const auto package = package_of_folder.find(std::string(folder));
    const std::string build = package == package_of_folder.end()
                                  ? "any BUILD file"
                                  : package->second;
    const std::vector<std::string>& targets = targets_of[path];
    if (targets.empty()) {
      findings.push_back({path, 1, absl::StrCat("is in no target of ", build),
                          "give it a target there"});
    } else if (targets.size() > 1) {
      findings.push_back({path, 1,
                          absl::StrCat("is listed ", targets.size(),
                                       " times in ", build),
                          "make it a library and depend on that"});
    }
  }
  return findings;
}

std::set<std::string> TestFiles(const std::vector<BuildFile>& builds) {
  std::set<std::string> tests;
  std::set<std::string> shipped;
  for (const BuildFile& build : builds) {
    for (const Target& target : build.targets) {
      std::set<std::string>& paths = IsTest(build, target) ? tests : shipped;
      for (const std::string& name : Sources(target)) {
        paths.insert(InPackage(build, name));
      }
    }
  }
  for (const std::string& path : shipped) tests.erase(path);
  return tests;
}

}  // namespace asupersync::tidy
