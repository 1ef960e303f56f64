#include "asupersync/replay/trace_index.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "asupersync/replay/trace_layout.h"

namespace asupersync {
namespace {

void AppendEntries(const std::vector<IndexEntry>& entries, std::string* out) {
  for (const IndexEntry& entry : entries) {
    AppendU64(entry.first_event, out);
    AppendU64(entry.first_tick, out);
    AppendU64(entry.offset, out);
  }
}

absl::StatusOr<std::vector<IndexEntry>> DecodeEntries(absl::string_view bytes,
                                                      size_t entries_max) {
  const size_t count = bytes.size() / kIndexEntryBytes;
  if (bytes.size() % kIndexEntryBytes != 0 || count > entries_max) {
    return absl::DataLossError(absl::StrCat("index entries of ", bytes.size(),
                                            " bytes; at most ", entries_max,
                                            " of ", kIndexEntryBytes,
                                            " bytes are allowed"));
  }
  std::vector<IndexEntry> entries(count);
  for (size_t i = 0; i < count; ++i) {
    const size_t at = i * kIndexEntryBytes;
    entries[i] = {LoadU64(bytes, at), LoadU64(bytes, at + 8),
                  LoadU64(bytes, at + 16)};
    if (i > 0 && (entries[i].offset <= entries[i - 1].offset ||
                  entries[i].first_event < entries[i - 1].first_event ||
                  entries[i].first_tick < entries[i - 1].first_tick)) {
      return absl::DataLossError(
          absl::StrCat("entry ", i, " of an index is out of order"));
    }
  }
  return entries;
}

// The last entry before the first that `is_after`, or the first of all.
template <class F>
const IndexEntry& LastBefore(const std::vector<IndexEntry>& entries,
                             F is_after) {
  auto it = std::partition_point(
      entries.begin(), entries.end(),
      [&](const IndexEntry& entry) { return !is_after(entry); });
  return it == entries.begin() ? *it : *(it - 1);
}

}  // namespace

std::string EncodeIndexPage(const std::vector<IndexEntry>& entries) {
  std::string out;
  AppendEntries(entries, &out);
  return out;
}

absl::StatusOr<std::vector<IndexEntry>> DecodeIndexPage(
    absl::string_view bytes) {
  absl::StatusOr<std::vector<IndexEntry>> entries =
      DecodeEntries(bytes, kIndexPageEntriesMax);
  if (entries.ok() && entries->empty()) {
    return absl::DataLossError("a page of an index has no entries");
  }
  return entries;
}

std::string EncodeIndexRoot(const IndexRoot& root) {
  std::string out;
  AppendU64(root.sites_offset, &out);
  AppendU64(root.site_count, &out);
  AppendEntries(root.pages, &out);
  return out;
}

absl::StatusOr<IndexRoot> DecodeIndexRoot(absl::string_view bytes) {
  if (bytes.size() < kIndexRootBytes) {
    return absl::DataLossError(
        absl::StrCat("the root of an index has ", bytes.size(),
                     " bytes; it has at least ", kIndexRootBytes));
  }
  IndexRoot root;
  root.sites_offset = LoadU64(bytes, 0);
  root.site_count = LoadU32(bytes, 8);
  auto pages = DecodeEntries(bytes.substr(kIndexRootBytes), kIndexPagesMax);
  if (!pages.ok()) return pages.status();
  root.pages = *std::move(pages);
  return root;
}

const IndexEntry& EntryOfEvent(const std::vector<IndexEntry>& entries,
                               uint64_t event) {
  return LastBefore(entries, [&](const IndexEntry& entry) {
    return entry.first_event > event;
  });
}

const IndexEntry& EntryOfTick(const std::vector<IndexEntry>& entries,
                              uint64_t tick) {
  return LastBefore(entries, [&](const IndexEntry& entry) {
    return entry.first_tick >= tick;
  });
}

}  // namespace asupersync
