#include "asupersync/testing/test_process.h"

#include <elf.h>
#include <link.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/stable_hash.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

// Variables that go into a manifest, in order of name.
constexpr const char* kVariables[] = {
    "ASUPERSYNC_ARTIFACTS", "ASUPERSYNC_CHAOS", "ASUPERSYNC_EXPLORE",
    "ASUPERSYNC_REPLAY",    "ASUPERSYNC_SEED",  "CI_SEED",
    "GTEST_SHARD_INDEX",    "GTEST_TOTAL_SHARDS", "TEST_TARGET",
    "TEST_WORKSPACE",
};

// Appends the build ids among the notes of one loaded object.
void AppendBuildId(const dl_phdr_info& object, const ElfW(Phdr) & segment,
                   std::string* ids) {
  const char* at =
      reinterpret_cast<const char*>(object.dlpi_addr + segment.p_vaddr);
  const char* const end = at + segment.p_memsz;
  const auto padded = [](std::size_t bytes) { return (bytes + 3) & ~3u; };
  while (end - at >= static_cast<std::ptrdiff_t>(sizeof(ElfW(Nhdr)))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, at, sizeof(note));
    at += sizeof(note);
    const std::size_t size = padded(note.n_namesz) + padded(note.n_descsz);
    if (size > static_cast<std::size_t>(end - at)) return;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        std::memcmp(at, "GNU", 4) == 0) {
      ids->append(at + padded(note.n_namesz), note.n_descsz);
    }
    at += size;
  }
}

int VisitObject(dl_phdr_info* object, std::size_t, void* ids) {
  // The program itself has no name; the system's libraries are not part of
  // the build, and the kernel's has no folder.
  const absl::string_view name = object->dlpi_name;
  if (!name.empty() &&
      (!absl::StrContains(name, "/") || absl::StartsWith(name, "/lib") ||
       absl::StartsWith(name, "/usr/"))) {
    return 0;
  }
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    if (object->dlpi_phdr[i].p_type != PT_NOTE) continue;
    AppendBuildId(*object, object->dlpi_phdr[i],
                  static_cast<std::string*>(ids));
  }
  return 0;
}

std::string BuildId() {
  std::string ids;
  dl_iterate_phdr(&VisitObject, &ids);
  if (ids.empty()) return "";
  return absl::StrFormat("xxh64:%016x", StableHash64(ids));
}

std::string WorkingDirectory(const std::string& binary,
                             const GetVariable& get_variable) {
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  const std::optional<std::string> workspace = get_variable("TEST_WORKSPACE");
  if (!workspace.has_value() || !get_variable("TEST_SRCDIR").has_value()) {
    return here;
  }
  const std::string runfiles =
      absl::StrCat(binary, ".runfiles/", *workspace);
  return std::filesystem::is_directory(runfiles, error) ? runfiles : here;
}

}  // namespace

TestProcess DescribeTestProcess(const std::string& invoked_as,
                                std::vector<std::string> arguments,
                                const GetVariable& get_variable) {
  TestProcess process;
  std::error_code error;
  process.binary =
      std::filesystem::read_symlink("/proc/self/exe", error).string();
  process.invoked_as = invoked_as;
  if (process.binary.empty()) process.binary = invoked_as;
  process.arguments = std::move(arguments);
  process.working_directory = WorkingDirectory(process.binary, get_variable);
  process.bazel_target = get_variable("TEST_TARGET").value_or("");
  process.build_id = BuildId();
  for (const char* name : kVariables) {
    if (std::optional<std::string> value = get_variable(name)) {
      process.environment.emplace_back(name, *std::move(value));
    }
  }
  return process;
}

bool IsDeathTestChild() {
  return ::testing::internal::InDeathTestChild() ||
         !GTEST_FLAG_GET(internal_run_death_test).empty();
}

std::string OutsideSandbox(const std::string& path,
                           const std::string& binary) {
  constexpr char kOutputs[] = "/bazel-out/";
  const std::size_t in_path = path.find(kOutputs);
  const std::size_t in_binary = binary.find(kOutputs);
  if (in_path == std::string::npos || in_binary == std::string::npos) {
    return path;
  }
  return binary.substr(0, in_binary) + path.substr(in_path);
}

}  // namespace testing_internal
}  // namespace asupersync
