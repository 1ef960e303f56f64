#include "asupersync/replay/trace_columns.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "absl/base/optimization.h"
#include "absl/strings/str_cat.h"
#include "asupersync/trace/event_codec.h"

namespace asupersync {
namespace {

using internal_codec::kCurrent;
using internal_codec::kSameSite;
using internal_codec::kSiteRow;
using internal_codec::kTickRow;

// The numbers are the columns' places in the payload.
enum Column : uint8_t {
  kTags = 0,
  kStepSites = 1,  // of TaskScheduled
  kSites = 2,      // of all other kinds
  kSteps = 3,      // the task of TaskScheduled
  kTasks = 4,      // other tasks, regions, tokens
  kWakes = 5,      // the task of WakerWake
  kTimes = 6,
  kDeltas = 7,  // of ticks, timers, obligations and spawned tasks
  kSmall = 8,   // single bytes, choices
  kWords = 9,   // u64
  kTexts = 10,  // with all of the rows that define sites
  kColumns = 11,
};

enum class Coding : uint8_t { kEnd, kVarint, kByte, kWord, kText };
enum class When : uint8_t { kAlways, kIfCurrent, kUnlessCurrent };

struct Field {
  Coding coding = Coding::kEnd;
  Column column = kTags;
  When when = When::kAlways;
};

constexpr Field V(Column column, When when = When::kAlways) {
  return {Coding::kVarint, column, when};
}
constexpr Field OtherTask(Column column = kTasks) {
  return V(column, When::kUnlessCurrent);
}
constexpr Field kByteField = {Coding::kByte, kSmall, When::kAlways};
constexpr Field kWordField = {Coding::kWord, kWords, When::kAlways};
constexpr Field kTextField = {Coding::kText, kTexts, When::kAlways};

struct Row {
  bool known = false;
  bool has_site = true;
  Column site_column = kSites;
  std::array<Field, 6> fields;  // up to the first kEnd
};

constexpr Row Event(Field a, Field b = {}, Field c = {}) {
  return {true, true, kSites, {a, b, c}};
}

// The fields of every row, in the order of the document's table.
constexpr std::array<Row, 64> MakeRows() {
  std::array<Row, 64> rows{};
  rows[1] = {true, true, kStepSites, {V(kSteps)}};
  rows[2] = Event(OtherTask());
  rows[3] = Event(OtherTask());
  rows[4] = Event(OtherTask(), kByteField);
  rows[5] = Event(V(kDeltas), V(kTasks), OtherTask());
  rows[6] = Event(OtherTask(), kTextField);
  rows[7] = Event(OtherTask(), kByteField);
  rows[8] = Event(OtherTask(kTimes), V(kTimes));
  rows[9] = Event(V(kDeltas), V(kTimes));
  rows[10] = Event(V(kDeltas));
  rows[11] = Event(V(kDeltas));
  rows[12] = Event(V(kTasks), kByteField);
  rows[13] = Event(V(kTasks), V(kTimes));
  rows[14] = Event(V(kTasks), kByteField);
  rows[15] = Event(kWordField);
  rows[16] = Event(kWordField);
  rows[17] = Event(kByteField, V(kTasks, When::kIfCurrent), V(kTimes));
  rows[18] = Event(OtherTask(kWakes));
  rows[19] = Event(V(kSmall));
  rows[20] = Event(V(kTasks), V(kTasks));
  rows[21] = Event(V(kTasks));
  rows[22] = Event(V(kTasks), kByteField);
  rows[23] = Event(V(kDeltas), kByteField, OtherTask());
  rows[24] = Event(V(kDeltas));
  rows[25] = Event(V(kDeltas));
  rows[26] = Event(kByteField, V(kSmall), V(kSmall));
  rows[27] = Event(kWordField);
  rows[28] = Event(kTextField);
  rows[29] = Event(V(kTasks), kTextField);
  rows[kTickRow] = {true, false, kSites, {V(kDeltas)}};
  rows[kSiteRow] = {
      true,
      false,
      kSites,
      {V(kTexts), V(kTexts), V(kTexts), kTextField, kTextField}};
  return rows;
}

constexpr std::array<Row, 64> kRows = MakeRows();
static_assert(!kRows[kEventKindCount + 1].known && kRows[kEventKindCount].known,
              "a new kind needs a row in the table");

struct Cursor {
  const uint8_t* p = nullptr;
  const uint8_t* end = nullptr;
};

// Copies one field from `in`; false if it is not whole.
inline bool CopyVarint(Cursor& in, uint8_t*& out) {
  while (ABSL_PREDICT_TRUE(in.p != in.end)) {
    const uint8_t byte = *in.p++;
    *out++ = byte;
    if (byte < 0x80) return true;
  }
  return false;
}

inline bool CopyBytes(size_t count, Cursor& in, uint8_t*& out) {
  if (static_cast<size_t>(in.end - in.p) < count) return false;
  std::memcpy(out, in.p, count);
  in.p += count;
  out += count;
  return true;
}

bool CopyText(Cursor& in, uint8_t*& out) {
  const uint8_t* const start = in.p;
  if (!CopyVarint(in, out)) return false;
  uint64_t size = 0;
  for (const uint8_t* p = in.p; p != start;) size = size << 7 | (*--p & 0x7f);
  // Ten bytes at most make sense; a longer one names no text that is there.
  if (in.p - start > 9) return false;
  return CopyBytes(size, in, out);
}

template <Coding kCoding>
bool CopyField(Cursor& in, uint8_t*& out) {
  if constexpr (kCoding == Coding::kVarint) return CopyVarint(in, out);
  if constexpr (kCoding == Coding::kByte) return CopyBytes(1, in, out);
  if constexpr (kCoding == Coding::kWord) return CopyBytes(8, in, out);
  if constexpr (kCoding == Coding::kText) return CopyText(in, out);
}

constexpr bool Present(const Field& field, uint8_t tag) {
  return field.coding != Coding::kEnd &&
         (field.when == When::kAlways ||
          (field.when == When::kIfCurrent) == ((tag & kCurrent) != 0));
}

// Whether a row may have this tag; tick and site rows have no flags.
constexpr bool IsTag(uint8_t tag) {
  const Row& row = kRows[tag & 0x3f];
  return row.known && (row.has_site || tag <= kSiteRow);
}

// Where fields come from and go to: one place for rows, one for each column.
struct ToColumns {
  static Cursor& In(Cursor* in, Column) { return *in; }
  static uint8_t*& Out(uint8_t** out, Column column) { return out[column]; }
};
struct ToRows {
  static Cursor& In(Cursor* in, Column column) { return in[column]; }
  static uint8_t*& Out(uint8_t** out, Column) { return *out; }
};

// Copies what follows a tag; false if it is not whole.
using Copier = bool (*)(Cursor* in, uint8_t** out);

// One function for each tag, so that it has no branch that depends on it.
template <class Direction, uint8_t kTag>
bool CopyRow(Cursor* in, uint8_t** out) {
  constexpr Row kRow = kRows[kTag & 0x3f];
  if constexpr (kRow.has_site && (kTag & kSameSite) == 0) {
    if (!CopyVarint(Direction::In(in, kRow.site_column),
                    Direction::Out(out, kRow.site_column))) {
      return false;
    }
  }
  const auto copy = [&]<size_t I>(std::integral_constant<size_t, I>) {
    constexpr Field kField = kRow.fields[I];
    if constexpr (Present(kField, kTag)) {
      return CopyField<kField.coding>(Direction::In(in, kField.column),
                                      Direction::Out(out, kField.column));
    } else {
      return true;
    }
  };
  return [&]<size_t... I>(std::index_sequence<I...>) {
    return (copy(std::integral_constant<size_t, I>()) && ...);
  }(std::make_index_sequence<kRow.fields.size()>());
}

template <class Direction, uint8_t kTag>
constexpr Copier CopierOf() {
  if constexpr (IsTag(kTag)) {
    return &CopyRow<Direction, kTag>;
  } else {
    return nullptr;
  }
}

// By tag; null for what is no tag.
template <class Direction>
constexpr std::array<Copier, 256> kCopiers =
    []<size_t... I>(std::index_sequence<I...>) {
      return std::array<Copier, 256>{
          CopierOf<Direction, static_cast<uint8_t>(I)>()...};
    }(std::make_index_sequence<256>());

absl::Status Malformed(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("malformed payload: ", what));
}

Cursor Whole(absl::string_view bytes) {
  const auto* begin = reinterpret_cast<const uint8_t*>(bytes.data());
  return {begin, begin + bytes.size()};
}

}  // namespace

absl::Status RowsToColumns(absl::string_view rows, std::string* columns,
                           std::string* site_rows) {
  // Each column could be all of it.
  std::array<std::string, kColumns> buffers;
  std::array<uint8_t*, kColumns> ends;
  for (size_t c = 0; c < kColumns; ++c) {
    buffers[c].resize(rows.size());
    ends[c] = reinterpret_cast<uint8_t*>(buffers[c].data());
  }
  Cursor in = Whole(rows);
  while (in.p != in.end) {
    const uint8_t* const begin = in.p;
    const uint8_t tag = *in.p++;
    const Copier copy = kCopiers<ToColumns>[tag];
    if (copy == nullptr) return Malformed(absl::StrCat("a row with tag ", tag));
    *ends[kTags]++ = tag;
    if (!copy(&in, ends.data())) return Malformed("it ends inside of a row");
    if (tag == kSiteRow) {
      site_rows->append(reinterpret_cast<const char*>(begin), in.p - begin);
    }
  }
  columns->clear();
  for (size_t c = 0; c < kColumns; ++c) {
    buffers[c].resize(ends[c] - reinterpret_cast<uint8_t*>(buffers[c].data()));
    uint8_t length[10];
    columns->append(
        reinterpret_cast<const char*>(length),
        internal_codec::PutVarint(length, buffers[c].size()) - length);
  }
  for (const std::string& buffer : buffers) columns->append(buffer);
  return absl::OkStatus();
}

absl::Status ColumnsToRows(absl::string_view columns, std::string* rows) {
  Cursor in = Whole(columns);
  std::array<uint64_t, kColumns> lengths;
  for (uint64_t& length : lengths) {
    uint8_t varint[10];
    const uint8_t* const start = in.p;
    uint8_t* out = varint;
    const Cursor few{in.p, in.p + std::min<size_t>(in.end - in.p, 4)};
    in.end = few.end;
    const bool whole = CopyVarint(in, out);
    in.end = Whole(columns).end;
    if (!whole) return Malformed("the length of a column");
    length = 0;
    for (const uint8_t* p = in.p; p != start;) {
      length = length << 7 | (*--p & 0x7f);
    }
  }
  std::array<Cursor, kColumns> cursors;
  for (size_t c = 0; c < kColumns; ++c) {
    if (lengths[c] > static_cast<size_t>(in.end - in.p)) {
      return Malformed(absl::StrCat("column ", c, " is not there"));
    }
    cursors[c] = {in.p, in.p + lengths[c]};
    in.p += lengths[c];
  }
  if (in.p != in.end) return Malformed("bytes behind the columns");
  // Every byte of a column becomes one of a row.
  rows->resize(static_cast<size_t>(in.end - cursors[0].p));
  auto* out = reinterpret_cast<uint8_t*>(rows->data());
  Cursor& tags = cursors[kTags];
  while (tags.p != tags.end) {
    const uint8_t tag = *tags.p++;
    const Copier copy = kCopiers<ToRows>[tag];
    if (copy == nullptr) return Malformed(absl::StrCat("a row with tag ", tag));
    *out++ = tag;
    if (!copy(cursors.data(), &out)) {
      return Malformed("a column ends inside of a row");
    }
  }
  for (const Cursor& cursor : cursors) {
    if (cursor.p != cursor.end) return Malformed("a column has too many bytes");
  }
  return absl::OkStatus();
}

}  // namespace asupersync
