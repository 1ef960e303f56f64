// Any bytes as a trace file: read in every way, written and read again. Then
// the same with right checks, as somebody would forge them.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "asupersync/replay/fuzz/memory_file.h"
#include "asupersync/replay/fuzz/read_trace_bytes.h"
#include "asupersync/replay/fuzz/reseal_trace.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* const file = new asupersync::MemoryFile;
  static const auto* const copy = new std::string(
      absl::StrCat(asupersync::ScratchFolder(), "/copy.async"));
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  for (const std::string& input : {bytes, asupersync::ResealTrace(bytes)}) {
    file->Set(input);
    asupersync::ReadTraceBytes(file->path());
    asupersync::CheckRewriting(file->path(), *copy);
  }
  return 0;
}
