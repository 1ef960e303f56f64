#ifndef ASUPERSYNC_LAB_CANCELLATION_MATRIX_H_
#define ASUPERSYNC_LAB_CANCELLATION_MATRIX_H_

#include <string>
#include <vector>

namespace asupersync {

// A row of cancellation_rows.h, for the table that is made of it. Its tests are
// those of the suites "<suite>/<name>".
struct MatrixRow {
  std::string name;
  bool several;      // tasks may wait at once
  bool cancellable;  // cancellation ends the wait
  bool fifo;         // those who wait are served one by one, in order
  bool deadlocks;    // waiting for nothing is a deadlock
};

std::vector<MatrixRow> MatrixRows();

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_CANCELLATION_MATRIX_H_
