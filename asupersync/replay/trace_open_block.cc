#include "asupersync/replay/trace_open_block.h"

#include <atomic>
#include <cstddef>
#include <cstring>

#include "asupersync/base/stable_hash.h"
#include "asupersync/replay/trace_layout.h"

namespace asupersync {
namespace {

// What was stored before is there when what comes later is. Only the death of
// this thread looks at it, so it is the compiler that must keep the order.
void KeepOrder() { std::atomic_signal_fence(std::memory_order_seq_cst); }

constexpr size_t kMarkBytes = 4;

// A section that is there once its mark is.
void Store(uint8_t* place, absl::string_view bytes) {
  std::memcpy(place + kMarkBytes, bytes.data() + kMarkBytes,
              bytes.size() - kMarkBytes);
  KeepOrder();
  // In one store: a mark that is partly there would be damage.
  uint32_t mark;
  std::memcpy(&mark, bytes.data(), kMarkBytes);
  std::memcpy(place, &mark, kMarkBytes);
  KeepOrder();
}

}  // namespace

void StoreOpenHeader(uint8_t* place, uint64_t first_event,
                     uint64_t first_tick) {
  SectionHeader header;
  header.type = static_cast<uint8_t>(SectionType::kBlock);
  header.flags = kFlagOpen;
  header.first_event = first_event;
  header.first_tick = first_tick;
  char bytes[kSectionHeaderBytes];
  EncodeSectionHeader(header, bytes);
  Store(place, absl::string_view(bytes, sizeof(bytes)));
}

void StoreClosedHeader(uint8_t* place, absl::string_view rows,
                       uint32_t event_count, uint32_t site_count) {
  const absl::string_view open(reinterpret_cast<const char*>(place),
                               kSectionHeaderBytes);
  SectionHeader header;
  header.type = static_cast<uint8_t>(SectionType::kBlock);
  header.stored_length = static_cast<uint32_t>(rows.size());
  header.raw_length = header.stored_length;
  header.event_count = event_count;
  header.site_count = site_count;
  header.first_event = LoadU64(open, kFirstEventOffset);
  header.first_tick = LoadU64(open, kFirstTickOffset);
  header.payload_check = StableHash64(rows);
  char bytes[kSectionHeaderBytes];
  EncodeSectionHeader(header, bytes);
  place[kFlagsOffset] = kFlagClosing;
  KeepOrder();
  std::memcpy(place + kFlagsOffset + 1, bytes + kFlagsOffset + 1,
              sizeof(bytes) - kFlagsOffset - 1);
  KeepOrder();
  place[kFlagsOffset] = header.flags;
  KeepOrder();
}

void StoreLimitMark(uint8_t* place, uint32_t limit) {
  Store(place, EncodeLimitMark(limit));
}

}  // namespace asupersync
