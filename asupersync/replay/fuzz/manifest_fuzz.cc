// Any bytes as a repro manifest: what is read, written and read again, is the
// same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/fatal.h"
#include "asupersync/replay/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using asupersync::ReproManifest;
  const absl::string_view json(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<ReproManifest> manifest =
      asupersync::ParseManifest(json, "the input");
  if (!manifest.ok()) return 0;
  asupersync::FileBeside(manifest->trace_file, manifest->input_file);
  const std::string written = asupersync::ToJson(*manifest);
  const absl::StatusOr<ReproManifest> again =
      asupersync::ParseManifest(written, "what ToJson() wrote");
  // It may have become too long by its indentation.
  if (written.size() > ReproManifest::kBytesMax) return 0;
  if (!again.ok()) asupersync::Fatal(again.status().ToString());
  if (!(*again == *manifest)) asupersync::Fatal("read again it is another");
  return 0;
}
