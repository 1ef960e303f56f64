// A block that is written in its place, row by row, in memory that outlives the
// process: a shared mapping of a trace file (docs/trace_format.md, "Open
// blocks").
//
//   StoreOpenHeader(place, first_event, first_tick);
//   ...rows from place + kSectionHeaderBytes on, by a Recorder...
//   StoreClosedHeader(place, rows, event_count, site_count);
//   StoreLimitMark(place_behind, limit);  // if nothing follows
//
// Determinism: a closed block has the bytes that TraceWriter gives it.
//
// Lifetime: writes into memory that the caller owns; keeps nothing.
//
// Invariants:
// 1. The memory is zero before, up to the end of the file.
// 2. A process that dies between any two instructions leaves a file that a
//    TraceReader reads up to the last whole row: the header is not there, or
//    open, or closing, or final, and never something else.
#ifndef ASUPERSYNC_REPLAY_TRACE_OPEN_BLOCK_H_
#define ASUPERSYNC_REPLAY_TRACE_OPEN_BLOCK_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace asupersync {

// Writes the header of an open block of rows, its mark last.
// REQUIRES: kSectionHeaderBytes bytes of zero at `place`.
void StoreOpenHeader(uint8_t* place, uint64_t first_event, uint64_t first_tick);

// Makes it the final header of a block with these rows, which stand right
// behind it. Hashes them: about 5 us for 64 KiB.
// REQUIRES: StoreOpenHeader() was called for `place`; at most kPayloadBytesMax
// bytes of rows.
void StoreClosedHeader(uint8_t* place, absl::string_view rows,
                       uint32_t event_count, uint32_t site_count);

// Writes a whole section with the mark of a limit (RecordingLimit), its sync
// last. REQUIRES: kSectionHeaderBytes + kLimitMarkBytes bytes of zero at
// `place`.
void StoreLimitMark(uint8_t* place, uint32_t limit);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_TRACE_OPEN_BLOCK_H_
