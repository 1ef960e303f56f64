// The index of a trace file as structs and bytes (docs/trace_format.md,
// "Index"): pages of entries, one for each block, and a root with one for each
// page.
//
//   std::string bytes = EncodeIndexPage(entries);
//   absl::StatusOr<std::vector<IndexEntry>> back = DecodeIndexPage(bytes);
//   const IndexEntry& block = EntryOfEvent(*back, event);
//
// Determinism: pure functions.
#ifndef ASUPERSYNC_REPLAY_TRACE_INDEX_H_
#define ASUPERSYNC_REPLAY_TRACE_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace asupersync {

// A block, or a page and its first block.
struct IndexEntry {
  uint64_t first_event = 0;
  uint64_t first_tick = 0;
  uint64_t offset = 0;  // of the section header in the file
  friend bool operator==(const IndexEntry&, const IndexEntry&) = default;
};

inline constexpr size_t kIndexEntryBytes = 24;
inline constexpr size_t kIndexRootBytes = 16;
inline constexpr size_t kIndexPageEntriesMax = 4096;
// So that a root fits in a section. At 64 KiB a block this is 8 TiB of rows.
inline constexpr size_t kIndexPagesMax = 32768;

struct IndexRoot {
  uint64_t sites_offset = 0;  // of the first section of sites; 0 = no sites
  uint32_t site_count = 0;
  std::vector<IndexEntry> pages;
  friend bool operator==(const IndexRoot&, const IndexRoot&) = default;
};

// REQUIRES: at most kIndexPageEntriesMax entries.
std::string EncodeIndexPage(const std::vector<IndexEntry>& entries);
// DataLoss unless there is at least one entry, and offsets ascend and first
// events and ticks never descend.
absl::StatusOr<std::vector<IndexEntry>> DecodeIndexPage(
    absl::string_view bytes);

// REQUIRES: at most kIndexPagesMax pages.
std::string EncodeIndexRoot(const IndexRoot& root);
// DataLoss as DecodeIndexPage(); a root may have no pages.
absl::StatusOr<IndexRoot> DecodeIndexRoot(absl::string_view bytes);

// Where to look for an event: the last entry that does not begin after it, or
// the first of all. O(log n). REQUIRES: entries are not empty.
const IndexEntry& EntryOfEvent(const std::vector<IndexEntry>& entries,
                               uint64_t event);
// Where to look for the first event of step `tick` or a later one: the last
// entry that begins before that step, or the first of all. O(log n).
// REQUIRES: entries are not empty.
const IndexEntry& EntryOfTick(const std::vector<IndexEntry>& entries,
                              uint64_t tick);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_TRACE_INDEX_H_
