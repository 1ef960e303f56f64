#ifndef ASUPERSYNC_EXAMPLES_WORKER_POOL_WORKER_POOL_H_
#define ASUPERSYNC_EXAMPLES_WORKER_POOL_WORKER_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"

namespace worker_pool {

using Job = std::function<asupersync::Task<absl::Status>(asupersync::Cx& cx)>;

// What a worker says of a job.
struct Answer {
  absl::Status status;
};

// Stands for a job that was accepted. May be dropped: the job is done all the
// same.
class Ticket {
 public:
  explicit Ticket(asupersync::oneshot::Receiver<Answer> answer)
      : answer_(std::move(answer)) {}

  // Waits for the job and gives what it returned; CancelledError also if its
  // worker was asked to end, or the pool was stopped before the job began.
  asupersync::Task<absl::Status> Wait(asupersync::Cx& cx);

 private:
  asupersync::oneshot::Receiver<Answer> answer_;
};

// A number of workers that do jobs in the order in which they were accepted.
//
//   absl::Status ended = co_await WorkerPool::Run(
//       cx, {.workers = 4, .queue_length = 100},
//       [&](Cx& cx, WorkerPool& pool) -> Task<absl::Status> {
//         Ticket ticket = co_await Try(pool.Submit(cx, Resize));
//         co_return co_await ticket.Wait(cx);
//       });
//
// Shut-down is graceful: no job is accepted any more, every job that was
// accepted is done, and then the workers end. A job runs at most once. If its
// worker is cancelled it ends with it, and another worker takes the place.
class WorkerPool {
 public:
  struct Options {
    int workers = 1;
    std::size_t queue_length = 1;
  };
  using Body = std::function<asupersync::Task<absl::Status>(
      asupersync::Cx& cx, WorkerPool& pool)>;

  // Runs `body` with a pool, shuts the pool down when it ends, and returns when
  // every worker and every task that the body has spawned has ended. If the
  // body fails, or the caller is cancelled, or a job throws, the pool stops at
  // once instead: jobs that run are cancelled, those that wait never begin.
  static asupersync::Task<absl::Status> Run(asupersync::Cx& cx,
                                            Options options, Body body);

  // Waits for room in the queue. The job is accepted if this gives a Ticket;
  // Unavailable if the pool was shut down; CancelledError.
  asupersync::Task<absl::StatusOr<Ticket>> Submit(asupersync::Cx& cx, Job job);

  // Accepts no further job. Does not wait.
  void ShutDown();

 private:
  struct Entry {
    Job job;
    asupersync::oneshot::Sender<Answer> answer;
  };

  explicit WorkerPool(Options options) : options_(options) {}

  asupersync::Task<absl::Status> Supervise(asupersync::Cx& cx);
  asupersync::Task<absl::Status> Work(asupersync::Cx& cx);
  // The next job; nullopt when there will be none.
  asupersync::Task<absl::StatusOr<std::optional<Entry>>> Take(
      asupersync::Cx& cx);
  // Answers the jobs that no worker will take.
  void Abandon();

  const Options options_;
  std::deque<Entry> queue_;
  bool closed_ = false;
  // Each is told to one task, which tells the next one if there is more to
  // say. So nobody misses what was said before he waited.
  asupersync::Notify job_to_take_;
  asupersync::Notify room_to_fill_;
};

}  // namespace worker_pool

#endif  // ASUPERSYNC_EXAMPLES_WORKER_POOL_WORKER_POOL_H_
