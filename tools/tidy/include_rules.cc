#include "tools/tidy/include_rules.h"

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "re2/re2.h"
#include "tools/tidy/layer_table.h"
#include "tools/tidy/source_file.h"

namespace asupersync::tidy {
namespace {

constexpr absl::string_view kExternals[] = {
    "absl/",     "benchmark/", "boost/asio/",     "boost/system/",
    "gmock/",    "gtest/",     "google/protobuf/", "nlohmann/",
    "openssl/",  "re2/",       "xxhash.h",        "zstd.h",
    "zstd_errors.h",
};

bool IsExternal(absl::string_view include) {
  for (absl::string_view prefix : kExternals) {
    if (absl::StartsWith(include, prefix)) return true;
  }
  return false;
}

// The path in the tree of the header that users include as `include`.
std::string PathInTree(absl::string_view include) {
  if (absl::StartsWith(include, "asupersync/testing/")) {
    return std::string(absl::StripPrefix(include, "asupersync/"));
  }
  if (absl::StartsWith(include, "asupersync/proto/")) {
    absl::string_view path = absl::StripPrefix(include, "asupersync/");
    if (absl::ConsumeSuffix(&path, ".pb.h")) {
      return absl::StrCat(path, ".proto");
    }
    return std::string(path);
  }
  return std::string(include);
}

// The external libraries that not everybody may use.
void CheckExternal(absl::string_view include, const SourceFile& file,
                   bool is_test, int line, std::vector<Finding>& findings) {
  auto in = [&](absl::string_view folder) {
    return absl::StartsWith(file.path, folder);
  };
  if (absl::StartsWith(include, "gtest/") ||
      absl::StartsWith(include, "gmock/")) {
    if (is_test || in("testing/") || in("examples/") || in("benchmarks/")) {
      return;
    }
    findings.push_back(
        {file.path, line,
         absl::StrCat("includes ", include,
                      ", but only testing/ and tests know GoogleTest"),
         "return what a test can check, or move the code to testing/"});
  }
  if ((absl::StartsWith(include, "benchmark/") ||
       absl::StartsWith(include, "boost/asio/")) &&
      !in("benchmarks/")) {
    findings.push_back({file.path, line,
                        absl::StrCat("includes ", include,
                                     ", which is for benchmarks/ alone"),
                        "move the measurement to benchmarks/"});
  }
}

}  // namespace

std::vector<Finding> CheckIncludes(const SourceFile& file,
                                   const IncludeContext& context) {
  static const RE2* const kInclude =
      new RE2(R"re(^\s*#\s*include\s*(["<])([^">]+)[">])re");
  std::vector<Finding> findings;
  const Layer* from = LayerOfFile(file.path);
  if (from == nullptr) {
    findings.push_back({file.path, 1,
                        absl::StrCat(FolderOf(file.path),
                                     "/ has no row in the layer table"),
                        "add it to tools/tidy/layer_table.cc with its rank"});
    return findings;
  }
  const bool is_test = context.test_files.count(file.path) > 0;
  const std::string code = CodeOnly(file.text);
  const std::vector<absl::string_view> code_lines = Lines(code);
  const std::vector<absl::string_view> lines = Lines(file.text);
  for (size_t i = 0; i < lines.size(); ++i) {
    // Skips what looks like an include inside a comment or a raw string.
    if (!absl::StrContains(code_lines[i], "include")) continue;
    std::string quote, include;
    if (!RE2::PartialMatch(re2::StringPiece(lines[i].data(), lines[i].size()),
                           *kInclude, &quote, &include)) {
      continue;
    }
    const int line = static_cast<int>(i) + 1;
    CheckExternal(include, file, is_test, line, findings);
    if (quote == "<" || IsExternal(include)) continue;
    const std::string path = PathInTree(include);
    if (context.files.count(path) == 0) {
      findings.push_back(
          {file.path, line,
           absl::StrCat("\"", include, "\" is neither a file of this tree, "
                        "written from its root, nor a known library"),
           "write the path from the root; a new library goes into "
           "kExternals in tools/tidy/include_rules.cc"});
      continue;
    }
    // What testing/e2e shares is for itself and is not exported.
    if (path == include && (absl::StartsWith(path, "proto/") ||
                            (absl::StartsWith(path, "testing/") &&
                             !absl::StartsWith(path, "testing/e2e/")))) {
      findings.push_back(
          {file.path, line,
           absl::StrCat("\"", include, "\" is not that header's public path"),
           absl::StrCat("include \"asupersync/", include, "\"")});
    }
    const Layer* to = LayerOfFile(path);
    if (to == nullptr) continue;  // Reported at that file.
    const std::string why = WhyNot(*from, *to, is_test);
    if (!why.empty()) {
      findings.push_back(
          {file.path, line,
           absl::StrCat("\"", include, "\" is against the layers: ", why),
           "move the code to the layer that it belongs to, or pass what is "
           "needed through an interface of a lower one"});
    }
  }
  return findings;
}

}  // namespace asupersync::tidy
