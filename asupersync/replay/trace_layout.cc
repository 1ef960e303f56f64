#include "asupersync/replay/trace_layout.h"

#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "asupersync/base/stable_hash.h"

namespace asupersync {
namespace {

// Returns where the next number goes.
template <class T>
char* Store(char* to, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) {
    to[i] = static_cast<char>(value >> (8 * i));
  }
  return to + sizeof(T);
}

template <class T>
void Append(std::string& out, T value) {
  char bytes[sizeof(T)];
  Store(bytes, value);
  out.append(bytes, sizeof(T));
}

template <class T>
T Load(absl::string_view bytes, size_t offset) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value |= static_cast<T>(
        static_cast<T>(static_cast<uint8_t>(bytes[offset + i])) << (8 * i));
  }
  return value;
}

}  // namespace

uint16_t LoadU16(absl::string_view bytes, size_t offset) {
  return Load<uint16_t>(bytes, offset);
}
uint32_t LoadU32(absl::string_view bytes, size_t offset) {
  return Load<uint32_t>(bytes, offset);
}
uint64_t LoadU64(absl::string_view bytes, size_t offset) {
  return Load<uint64_t>(bytes, offset);
}

void AppendU64(uint64_t value, std::string* out) { Append(*out, value); }

uint64_t MetadataCheck(absl::string_view header, absl::string_view metadata) {
  return StableHash64(absl::StrCat(header.substr(0, 16), metadata));
}

std::string EncodeHeader(absl::string_view metadata) {
  std::string out(kTraceMagic, kMagicBytes);
  Append<uint16_t>(out, kTraceFormatVersion);
  Append<uint16_t>(out, 0);
  Append<uint32_t>(out, static_cast<uint32_t>(metadata.size()));
  Append<uint64_t>(out, MetadataCheck(out, metadata));
  absl::StrAppend(&out, metadata);
  return out;
}

void EncodeSectionHeader(SectionHeader& header, char* to) {
  constexpr size_t kSyncBytes = 4;
  std::memcpy(to, kSectionSync, kSyncBytes);
  char* at = to + kSyncBytes;
  at = Store(at, header.type);
  at = Store(at, header.codec);
  at = Store(at, header.layout);
  at = Store(at, header.flags);
  at = Store(at, header.stored_length);
  at = Store(at, header.raw_length);
  at = Store(at, header.event_count);
  at = Store(at, header.site_count);
  at = Store(at, header.first_event);
  at = Store(at, header.first_tick);
  at = Store(at, header.payload_check);
  header.header_check =
      StableHash64(absl::string_view(to, static_cast<size_t>(at - to)));
  Store(at, header.header_check);
}

std::string EncodeSectionHeader(SectionHeader& header) {
  std::string out(kSectionHeaderBytes, '\0');
  EncodeSectionHeader(header, out.data());
  return out;
}

absl::StatusOr<SectionHeader> DecodeSectionHeader(absl::string_view bytes) {
  if (bytes.substr(0, 4) != absl::string_view(kSectionSync, 4)) {
    return absl::DataLossError(absl::StrFormat(
        "expected the section mark a5545253, read %02x%02x"
        "%02x%02x",
        static_cast<uint8_t>(bytes[0]), static_cast<uint8_t>(bytes[1]),
        static_cast<uint8_t>(bytes[2]), static_cast<uint8_t>(bytes[3])));
  }
  SectionHeader header;
  header.type = static_cast<uint8_t>(bytes[4]);
  header.codec = static_cast<uint8_t>(bytes[5]);
  header.layout = static_cast<uint8_t>(bytes[6]);
  header.flags = static_cast<uint8_t>(bytes[kFlagsOffset]);
  header.stored_length = LoadU32(bytes, 8);
  header.raw_length = LoadU32(bytes, 12);
  header.event_count = LoadU32(bytes, 16);
  header.site_count = LoadU32(bytes, 20);
  header.first_event = LoadU64(bytes, kFirstEventOffset);
  header.first_tick = LoadU64(bytes, kFirstTickOffset);
  header.payload_check = LoadU64(bytes, 40);
  header.header_check = LoadU64(bytes, 48);
  if (header.flags == kFlagClosing &&
      header.type == static_cast<uint8_t>(SectionType::kBlock)) {
    SectionHeader closing;
    closing.type = header.type;
    closing.flags = kFlagClosing;
    closing.first_event = header.first_event;
    closing.first_tick = header.first_tick;
    return closing;
  }
  const uint64_t actual = StableHash64(bytes.substr(0, 48));
  if (actual != header.header_check) {
    return absl::DataLossError(absl::StrFormat(
        "the check of a section header is %016x, its bytes give %016x",
        header.header_check, actual));
  }
  if (header.stored_length > kPayloadBytesMax ||
      header.raw_length > kPayloadBytesMax) {
    return absl::DataLossError(absl::StrCat(
        "a section of ", header.stored_length, " bytes (", header.raw_length,
        " decompressed); at most ", kPayloadBytesMax, " are allowed"));
  }
  return header;
}

std::string EncodeFooter(const Footer& footer) {
  std::string out;
  Append(out, footer.event_count);
  Append(out, footer.end_tick);
  Append(out, footer.certificate);
  Append(out, footer.fingerprint);
  Append(out, footer.digest);
  Append(out, footer.index_offset);
  if (footer.limit == 0) return out;
  Append(out, footer.limit);
  Append<uint32_t>(out, 0);
  Append(out, footer.events_lost);
  return out;
}

std::string EncodeLimitMark(uint32_t limit) {
  std::string payload;
  Append(payload, limit);
  Append<uint32_t>(payload, 0);
  SectionHeader header;
  header.type = static_cast<uint8_t>(SectionType::kLimitMark);
  header.stored_length = header.raw_length = kLimitMarkBytes;
  header.payload_check = StableHash64(payload);
  return EncodeSectionHeader(header) + payload;
}

absl::StatusOr<uint32_t> DecodeLimitMark(absl::string_view payload) {
  if (payload.size() < kLimitMarkBytes) {
    return absl::DataLossError(
        absl::StrCat("the mark of a limit in ", payload.size(),
                     " bytes; it has at least ", kLimitMarkBytes));
  }
  return LoadU32(payload, 0);
}

Footer DecodeFooter(absl::string_view bytes) {
  Footer footer = {LoadU64(bytes, 0),  LoadU64(bytes, 8),  LoadU64(bytes, 16),
                   LoadU64(bytes, 24), LoadU64(bytes, 32), LoadU64(bytes, 40)};
  if (bytes.size() < kFooterBytes + kFooterMarkBytes) return footer;
  footer.limit = LoadU32(bytes, kFooterBytes);
  footer.events_lost = LoadU64(bytes, kFooterBytes + 8);
  return footer;
}

std::string EncodeTrailer(uint64_t footer_offset) {
  std::string out;
  Append(out, footer_offset);
  out.append(kTrailerMagic, kMagicBytes);
  return out;
}

absl::StatusOr<uint64_t> DecodeTrailer(absl::string_view bytes) {
  if (bytes.substr(8, kMagicBytes) !=
      absl::string_view(kTrailerMagic, kMagicBytes)) {
    return absl::DataLossError("the file does not end with a trailer");
  }
  return LoadU64(bytes, 0);
}

uint64_t ExtendDigest(uint64_t digest, uint64_t header_check) {
  std::string bytes;
  Append(bytes, digest);
  Append(bytes, header_check);
  return StableHash64(bytes);
}

}  // namespace asupersync
