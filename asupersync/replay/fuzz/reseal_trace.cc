#include "asupersync/replay/fuzz/reseal_trace.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "asupersync/base/stable_hash.h"
#include "asupersync/replay/trace_layout.h"

namespace asupersync {
namespace {

// Offsets in the header, a section header and a footer (docs/trace_format.md).
constexpr size_t kMetadataLengthOffset = 12;
constexpr size_t kMetadataCheckOffset = 16;
constexpr size_t kTypeOffset = 4;
constexpr size_t kPayloadCheckOffset = 40;
constexpr size_t kHeaderCheckOffset = 48;
constexpr size_t kDigestOffset = 32;

void Store(uint64_t value, size_t offset, std::string* bytes) {
  std::string number;
  AppendU64(value, &number);
  bytes->replace(offset, number.size(), number);
}

}  // namespace

std::string ResealTrace(std::string bytes) {
  if (bytes.size() < kHeaderBytes) return bytes;
  const auto view = [&](size_t offset, size_t length) {
    return absl::string_view(bytes).substr(offset, length);
  };
  const size_t metadata = LoadU32(bytes, kMetadataLengthOffset);
  if (metadata > bytes.size() - kHeaderBytes) return bytes;
  uint64_t digest =
      MetadataCheck(bytes, view(kHeaderBytes, metadata));
  Store(digest, kMetadataCheckOffset, &bytes);
  size_t at = kHeaderBytes + metadata;
  while (bytes.size() - at >= kSectionHeaderBytes &&
         view(at, 4) == absl::string_view(kSectionSync, 4)) {
    const size_t length = LoadU32(bytes, at + kStoredLengthOffset);
    const size_t payload = at + kSectionHeaderBytes;
    if (length > bytes.size() - payload) return bytes;
    if (bytes[at + kTypeOffset] == static_cast<char>(SectionType::kFooter) &&
        length >= kFooterBytes) {
      Store(digest, payload + kDigestOffset, &bytes);
    }
    // An open block has no payload check: it is 0.
    if (bytes[at + kFlagsOffset] == 0) {
      Store(StableHash64(view(payload, length)), at + kPayloadCheckOffset,
            &bytes);
    }
    const uint64_t check = StableHash64(view(at, kHeaderCheckOffset));
    Store(check, at + kHeaderCheckOffset, &bytes);
    digest = ExtendDigest(digest, check);
    at = payload + length;
  }
  return bytes;
}

}  // namespace asupersync
