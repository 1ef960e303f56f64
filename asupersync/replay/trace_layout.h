// The fixed-size parts of a trace file as structs: header, section header,
// footer, trailer. docs/trace_format.md is the specification; names are equal.
//
//   std::string bytes = EncodeSectionHeader(header);
//   absl::StatusOr<SectionHeader> back = DecodeSectionHeader(bytes);
//
// Determinism: pure functions.
#ifndef ASUPERSYNC_REPLAY_TRACE_LAYOUT_H_
#define ASUPERSYNC_REPLAY_TRACE_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace asupersync {

inline constexpr uint16_t kTraceFormatVersion = 1;

inline constexpr char kTraceMagic[] = "ASYNCTRC";
inline constexpr char kTrailerMagic[] = "CRTCNYSA";
inline constexpr char kSectionSync[] = "\xA5TRS";

inline constexpr size_t kMagicBytes = 8;
inline constexpr size_t kHeaderBytes = 24;
inline constexpr size_t kSectionHeaderBytes = 56;
inline constexpr size_t kFooterBytes = 48;
inline constexpr size_t kFooterMarkBytes = 16;
inline constexpr size_t kTrailerBytes = 16;
inline constexpr size_t kLimitMarkBytes = 8;

inline constexpr uint32_t kMetadataBytesMax = 1 << 20;
inline constexpr uint32_t kPayloadBytesMax = 1 << 20;

enum class SectionType : uint8_t {
  kBlock = 1,
  kIndexPage = 2,
  kFooter = 3,
  kSites = 4,
  kIndexRoot = 5,
  kLimitMark = 6,
};
// SectionHeader::flags of a block whose end is not known yet: counts, lengths
// and payload_check are 0.
inline constexpr uint8_t kFlagOpen = 1;
// And of one whose final header is being written: of its header only type,
// flags, first_event and first_tick mean anything.
inline constexpr uint8_t kFlagClosing = 3;

// Where things stand in a section header.
inline constexpr size_t kFlagsOffset = 7;
inline constexpr size_t kStoredLengthOffset = 8;
inline constexpr size_t kFirstEventOffset = 24;
inline constexpr size_t kFirstTickOffset = 32;

enum class BlockCodec : uint8_t { kNone = 0, kZstd = 1 };
enum class BlockLayout : uint8_t { kRows = 0, kColumns = 1 };

struct SectionHeader {
  uint8_t type = 0;    // a SectionType, or one of a later version
  uint8_t codec = 0;   // a BlockCodec
  uint8_t layout = 0;  // a BlockLayout
  uint8_t flags = 0;
  uint32_t stored_length = 0;
  uint32_t raw_length = 0;
  uint32_t event_count = 0;
  uint32_t site_count = 0;
  uint64_t first_event = 0;
  uint64_t first_tick = 0;
  uint64_t payload_check = 0;
  uint64_t header_check = 0;  // computed by EncodeSectionHeader
};

struct Footer {
  uint64_t event_count = 0;
  uint64_t end_tick = 0;
  uint64_t certificate = 0;
  uint64_t fingerprint = 0;
  uint64_t digest = 0;
  uint64_t index_offset = 0;
  // The mark of a limit (RecordingLimit); without one it is not written.
  uint32_t limit = 0;
  uint64_t events_lost = 0;
};

// All of the file before the first section, for the metadata's bytes.
// REQUIRES: at most kMetadataBytesMax of them.
std::string EncodeHeader(absl::string_view metadata);
// The check that follows the first 16 bytes of the header.
uint64_t MetadataCheck(absl::string_view header, absl::string_view metadata);

// kSectionHeaderBytes bytes; sets header.header_check.
std::string EncodeSectionHeader(SectionHeader& header);
// The same, to memory with so much room.
void EncodeSectionHeader(SectionHeader& header, char* to);
// DataLoss if the bytes are no section header or do not check (a closing one
// has no check).
// REQUIRES: kSectionHeaderBytes bytes.
absl::StatusOr<SectionHeader> DecodeSectionHeader(absl::string_view bytes);

std::string EncodeFooter(const Footer& footer);
// REQUIRES: at least kFooterBytes bytes.
Footer DecodeFooter(absl::string_view bytes);

// A section with the mark of a limit, its header included.
std::string EncodeLimitMark(uint32_t limit);
// From its payload; DataLoss if that is too short.
absl::StatusOr<uint32_t> DecodeLimitMark(absl::string_view payload);

// The offset of the footer; DataLoss if the bytes are no trailer.
// REQUIRES: kTrailerBytes bytes.
absl::StatusOr<uint64_t> DecodeTrailer(absl::string_view bytes);
std::string EncodeTrailer(uint64_t footer_offset);

// The digest after one more section.
uint64_t ExtendDigest(uint64_t digest, uint64_t header_check);

void AppendU64(uint64_t value, std::string* out);
// Little-endian numbers at a byte offset. REQUIRES: they are there.
uint16_t LoadU16(absl::string_view bytes, size_t offset);
uint32_t LoadU32(absl::string_view bytes, size_t offset);
uint64_t LoadU64(absl::string_view bytes, size_t offset);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_TRACE_LAYOUT_H_
