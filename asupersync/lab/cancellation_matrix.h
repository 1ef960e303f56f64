#ifndef ASUPERSYNC_LAB_CANCELLATION_MATRIX_H_
#define ASUPERSYNC_LAB_CANCELLATION_MATRIX_H_

#include <string>
#include <vector>

// A row is a class; a new primitive is one more row in `Rows` of
// cancellation_matrix.cc:
//
//   struct Row {
//     static constexpr char kName[] = "Mutex";
//     // Several tasks may wait at once.
//     static constexpr bool kSeveral = true;
//     // Cancellation ends the wait.
//     static constexpr bool kCancellable = true;
//     // What one task took is gone: the next Wait() needs a Release() before.
//     static constexpr bool kReleaseFirst = false;
//     // Those who wait are served one by one, first in, first out.
//     static constexpr bool kFifo = true;
//     // Waiting for what nobody does is a deadlock.
//     static constexpr bool kDeadlocks = true;
//     Task<absl::Status> Prepare(Cx& cx);   // from now on Wait() waits
//     Task<absl::Status> Wait(Cx& cx);      // the operation
//     Task<absl::Status> Release(Cx& cx);   // enough for one Wait(); takes
//                                           // effect at its end
//     // After everything, with so many Wait()s that succeeded.
//     Task<absl::Status> ExpectIntact(Cx& cx, int completed);
//   };

namespace asupersync {

// A row, for the table that is made of it. Its tests are those of the suite
// "CancellationMatrixTest/<name>".
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
