#include "asupersync/replay/manifest_lookup.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "asupersync/replay/died_run.h"
#include "asupersync/replay/manifest.h"

namespace asupersync {
namespace {

namespace fs = std::filesystem;

bool IsFile(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

absl::StatusOr<std::vector<std::string>> OfTrace(const std::string& trace) {
  const std::string manifest = FileBeside(trace, kManifestFileName);
  const std::string name = fs::path(trace).filename().string();
  if (IsFile(manifest)) {
    const absl::StatusOr<ReproManifest> read = ReadManifest(manifest);
    if (!read.ok()) return read.status();
    if (read->trace_file == name) return std::vector<std::string>{manifest};
  }
  return absl::NotFoundError(absl::StrCat(
      trace, " is a trace, and no ", kManifestFileName,
      " beside it is of this trace; 'asupersync trace info' and 'asupersync "
      "trace events' tell what is in it"));
}

absl::StatusOr<std::vector<std::string>> OfFolder(const std::string& folder) {
  const std::string own = absl::StrCat(folder, "/", kManifestFileName);
  if (IsFile(own)) return std::vector<std::string>{own};
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    std::string manifest = it->path() / kManifestFileName;
    if (IsFile(manifest)) found.push_back(std::move(manifest));
  }
  if (error) {
    return absl::ErrnoToStatus(error.value(),
                               absl::StrCat("cannot read the folder ", folder));
  }
  if (found.empty()) {
    return absl::NotFoundError(absl::StrCat(
        "no ", kManifestFileName, " in ", folder,
        " or its folders; give the artifacts of a lab test that has failed"));
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

bool IsTraceFile(const std::string& path) {
  constexpr char kMagic[] = {'A', 'S', 'Y', 'N', 'C', 'T', 'R', 'C'};
  // Opening a pipe would wait for whoever writes to it.
  if (!IsFile(path)) return false;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      std::fopen(path.c_str(), "rb"), &std::fclose);
  char begin[sizeof(kMagic)];
  return file != nullptr &&
         std::fread(begin, 1, sizeof(begin), file.get()) == sizeof(begin) &&
         std::memcmp(begin, kMagic, sizeof(kMagic)) == 0;
}

absl::StatusOr<std::vector<std::string>> FindManifests(
    const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return OfFolder(path);
  if (IsTraceFile(path)) return OfTrace(path);
  return std::vector<std::string>{path};
}

absl::StatusOr<std::string> FindManifest(const std::string& path) {
  constexpr std::size_t kNamedMax = 3;
  const absl::StatusOr<std::vector<std::string>> found = FindManifests(path);
  if (!found.ok()) return found.status();
  if (found->size() == 1) return found->front();
  std::string names;
  for (std::size_t i = 0; i < found->size() && i < kNamedMax; ++i) {
    absl::StrAppend(&names, i == 0 ? "" : ", ", (*found)[i]);
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path, " has the artifacts of ", found->size(),
                   " tests; give one of them: ", names,
                   found->size() > kNamedMax ? ", ..." : ""));
}

}  // namespace asupersync
