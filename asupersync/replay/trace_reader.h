// TraceReader reads a trace file: its metadata at once, its events one by one
// or all together.
//
//   absl::StatusOr<TraceReader> reader = TraceReader::Open("trace.async");
//   if (!reader.ok()) return reader.status();
//   for (const absl::StatusOr<EventRecord>& event : reader->events()) {
//     if (!event.ok()) return event.status();
//     std::cout << *event << " at " << reader->site(event->site) << "\n";
//   }
//   if (!reader->recovered().empty()) std::cerr << reader->recovered() << "\n";
//
// What is wrong with a file is told by the code of the error:
//   NotFound            there is no such file
//   InvalidArgument     it is something else than a trace
//   FailedPrecondition  a trace of another version, or with a codec or layout
//                       that this version does not know; the text names both
//   DataLoss            a trace with damaged bytes; says where
// A file that merely ends too soon is no error: its whole blocks, and of an
// open one its whole rows, are read, and recovered() says so.
//
// Seek() and SeekTick() go to any place through the index, in a few reads; in a
// file without one (recovered, or of one block) they decode what is before.
//
// Lifetime: movable; ranges and iterators must not outlive the reader or a
// move of it. One iteration at a time. The file must not change meanwhile.
//
// Invariants:
// 1. Memory: one block (at most 1 MiB, a few times) and the sites, whatever the
//    file says; once Seek() was called also the root of the index (at most
//    1 MiB). Nothing is allocated from a length that was not checked.
// 2. Time is linear in what the file decompresses to.
#ifndef ASUPERSYNC_REPLAY_TRACE_READER_H_
#define ASUPERSYNC_REPLAY_TRACE_READER_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/replay/block_compressor.h"
#include "asupersync/replay/trace_index.h"
#include "asupersync/replay/trace_layout.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/event_codec.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/replay_trace.h"
#include "asupersync/trace/site_table.h"

namespace asupersync {

class TraceReader {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = absl::StatusOr<EventRecord>;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    reference operator*() const { return reader_->current_; }
    pointer operator->() const { return &reader_->current_; }
    Iterator& operator++() {
      reader_->Advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return reader_->at_end_; }

   private:
    friend class TraceReader;
    explicit Iterator(TraceReader* reader) : reader_(reader) {}
    TraceReader* reader_;
  };

  class Range {
   public:
    Iterator begin() const { return Iterator(reader_); }
    std::default_sentinel_t end() const { return std::default_sentinel; }

   private:
    friend class TraceReader;
    explicit Range(TraceReader* reader) : reader_(reader) {}
    TraceReader* reader_;
  };

  // Reads the header and the metadata.
  static absl::StatusOr<TraceReader> Open(absl::string_view path);

  TraceReader(TraceReader&&) noexcept;
  TraceReader& operator=(TraceReader&&) noexcept;
  ~TraceReader();

  const std::string& path() const { return path_; }
  const TraceMetadata& metadata() const { return metadata_; }

  // All events from the first on; starts over at each call. An error is the
  // last element.
  Range events();

  // The events from `event` on, which is an index in the execution; from the
  // first on if it is before that. Empty if `event` is EndIndex(); OutOfRange
  // if it is greater. DataLoss if the index is damaged: events() and ReadAll()
  // work without it.
  absl::StatusOr<Range> Seek(uint64_t event);
  // The events from the first of step `tick` or a later step on; empty if there
  // is none.
  absl::StatusOr<Range> SeekTick(uint64_t tick);
  // One more than the index of the last event: from the footer, or of a file
  // without one by reading it all. Ends an iteration.
  absl::StatusOr<uint64_t> EndIndex();

  // After EndIndex(): whether the file has a footer, so that it is whole.
  bool has_footer() const { return end_.has_value() && end_->has_footer; }

  // The sites defined so far by what was read; site n is element n - 1. Those
  // of every event already read are there.
  const std::vector<Site>& sites() const { return sites_; }
  Site site(SiteId id) const;

  // After the last event: what the execution ended with, or nullopt if the
  // file has no footer.
  const std::optional<TraceSummary>& summary() const { return summary_; }
  // After the last event: what a limit of the recording did, by the footer or,
  // if its writer died after that, by the mark that it left; kDropped by the
  // number of the first event.
  RecordingLimit limit() const {
    if (summary_.has_value()) return summary_->limit;
    const bool dropped =
        limit_mark_ == RecordingLimit::kNone && metadata_.first_event > 0;
    return dropped ? RecordingLimit::kDropped : limit_mark_;
  }
  // How many events the recording left out for that; nullopt: nobody knows,
  // for its writer died.
  std::optional<uint64_t> events_lost() const {
    if (summary_.has_value()) return summary_->events_lost;
    if (limit_mark_ != RecordingLimit::kNone) return std::nullopt;
    return metadata_.first_event;
  }
  // After the last event: empty if the file is whole; else one line that says
  // what was read and what is missing.
  const std::string& recovered() const { return recovered_; }

  // Checks all that reading the events would, from the first on, in a fraction
  // of the time, for it makes none. Calls `block` with the number of events of
  // each block that is good. Afterwards summary(), limit(), recovered() and
  // sites() are as after the last event.
  absl::Status Check(absl::FunctionRef<void(uint64_t events)> block);

  // The whole trace. A file that ends too soon gives its whole blocks and the
  // note in ReplayTrace::recovered(); damaged bytes are an error.
  absl::StatusOr<ReplayTrace> ReadAll();

  // Like ReadAll(), but keeps the blocks before damaged bytes, too, and says
  // so in ReplayTrace::recovered().
  ReplayTrace Recover();

 private:
  // What the end of the file says.
  struct End {
    // Not a member initializer: clang knows those only behind TraceReader.
    End() : has_footer(false) {}
    bool has_footer;
    std::optional<uint64_t> event_count;  // no footer: once it was counted
    std::optional<IndexRoot> root;        // no index: nullopt
    std::vector<Site> sites;
  };
  struct Section {
    SectionHeader header;
    std::string payload;
  };

  TraceReader(std::string path, int file, uint64_t size);
  absl::Status ReadHeader();
  // Fills `bytes`. REQUIRES: they are in the file.
  absl::Status ReadAt(uint64_t offset, size_t length, std::string* bytes);
  void Start();
  // Reads up to the next block, into block_. False: the end, or an error.
  absl::StatusOr<bool> NextBlock();
  // The same for an open block, of which the whole rows are taken.
  absl::StatusOr<bool> ReadOpenBlock(uint64_t begin, uint64_t first_event,
                                     uint64_t first_tick);
  // Reads the section header at `begin`. False: the file ends early.
  absl::StatusOr<bool> NextHeader(uint64_t begin, SectionHeader* header);
  absl::Status ReadPayload(const SectionHeader& header, uint64_t begin,
                           std::string* stored);
  // From bytes as stored to rows.
  absl::Status Unpack(const SectionHeader& header, uint64_t begin,
                      std::string* stored);
  // OK if a block with this header may come next: neither events nor ticks
  // have a gap or go back.
  absl::Status CheckFollows(const SectionHeader& header, uint64_t begin) const;
  void SetBlock(TraceBlock block, uint64_t begin);
  absl::Status ReadFooter(absl::string_view payload, uint64_t section_offset);
  // Moves to the next event, into current_.
  void Advance() {
    if (rows_.has_value() && current_.ok() && rows_->Next(&*current_)) {
      if (rows_->new_sites().size() != sites_taken_) TakeSites();
      return;
    }
    AdvanceSlowly();
  }
  void AdvanceSlowly();
  void TakeSites();
  // A block has been decoded to its end.
  absl::Status CheckBlock();
  absl::StatusOr<ReplayTrace> ReadBlocks(bool keep_prefix);
  absl::Status Damaged(absl::string_view what, uint64_t offset) const;
  void EndsEarly(absl::string_view how);

  // Of the end of the file and the index; each checks what it reads.
  absl::Status LoadEnd();
  absl::Status LoadIndex(uint64_t root_offset);
  absl::Status LoadSites(uint64_t offset, uint32_t count,
                         std::vector<Site>* sites);
  absl::StatusOr<SectionHeader> HeaderAt(uint64_t offset, SectionType type);
  absl::StatusOr<Section> SectionAt(uint64_t offset, SectionType type);
  // Starts at the block that `choose` picks from the entries of the index.
  using Choose = const IndexEntry& (*)(const std::vector<IndexEntry>&,
                                       uint64_t);
  absl::Status StartAt(Choose choose, uint64_t where);

  std::string path_;
  int file_ = -1;
  uint64_t size_ = 0;
  uint64_t sections_begin_ = 0;
  uint64_t metadata_check_ = 0;
  TraceMetadata metadata_;
  BlockDecompressor decompressor_;
  std::optional<End> end_;  // once it was read

  // The state of reading.
  uint64_t offset_ = 0;
  uint64_t digest_ = 0;
  bool from_index_ = false;  // not from the start: no digest, all sites known
  uint64_t blocks_read_ = 0;
  uint64_t next_event_ = 0;  // after the whole blocks
  uint64_t tick_ = 0;        // there
  uint64_t block_offset_ = 0;
  TraceBlock block_;
  std::string columns_;
  std::optional<RowDecoder> rows_;  // of block_; none before the first
  size_t sites_taken_ = 0;          // of rows_->new_sites(), into sites_
  std::vector<Site> sites_;
  bool open_block_read_ = false;
  bool at_end_ = true;
  absl::StatusOr<EventRecord> current_;
  std::optional<TraceSummary> summary_;
  RecordingLimit limit_mark_ = RecordingLimit::kNone;
  std::string recovered_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_TRACE_READER_H_
