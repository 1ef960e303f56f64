// Between the two layouts of a block's payload (docs/trace_format.md): rows, as
// the recorder writes them, and columns, in which like stands beside like, for
// the compressor.
//
//   std::string columns, sites;
//   absl::Status status = RowsToColumns(rows, &columns, &sites);
//   std::string back;
//   status = ColumnsToRows(columns, &back);  // back == rows
//
// Determinism: pure functions, inverse to each other.
//
// Invariants:
// 1. Any bytes are accepted: nothing outside of them is read, and the result is
//    at most kColumnLengthsBytesMax longer than they are.
// 2. What rows mean is not looked at, only where their fields end.
#ifndef ASUPERSYNC_REPLAY_TRACE_COLUMNS_H_
#define ASUPERSYNC_REPLAY_TRACE_COLUMNS_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace asupersync {

// The lengths that stand before the columns.
inline constexpr size_t kColumnLengthsBytesMax = 64;

// Sets *columns, and appends the rows that define sites to *site_rows.
// DataLoss if `rows` are none.
absl::Status RowsToColumns(absl::string_view rows, std::string* columns,
                           std::string* site_rows);

// Sets *rows. DataLoss if `columns` are none.
absl::Status ColumnsToRows(absl::string_view columns, std::string* rows);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_TRACE_COLUMNS_H_
