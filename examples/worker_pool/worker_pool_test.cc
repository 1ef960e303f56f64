// The pool's promises under heavy chaos: clients, workers, jobs and the
// supervisor are delayed, woken for nothing, and cancelled at any operation,
// while the pool is shut down at a random time.

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "examples/heavy_chaos_fixture.h"
#include "examples/worker_pool/worker_pool.h"
#include "gtest/gtest.h"

namespace {

using asupersync::Cx;
using asupersync::Explore;
using asupersync::Task;
using asupersync::Try;
using worker_pool::Ticket;
using worker_pool::WorkerPool;

constexpr int kWorkers = 2;
constexpr int kClients = 3;
constexpr int kJobsOfAClient = 3;

struct JobLog {
  bool accepted = false;
  bool answered_ok = false;
  bool doomed = false;  // cancelled before it began
  int begun = 0;
  int ended = 0;  // in whatever way
  int done = 0;   // to the end
};

// What the clients and the jobs have seen.
struct Log {
  std::vector<JobLog> jobs = std::vector<JobLog>(kClients * kJobsOfAClient);
  int running = 0;
  bool crowded = false;

  // A job's time between its begin and its end.
  class Run {
   public:
    Run(Log& log, int job) : log_(log), job_(job) {
      ++log_.jobs[job_].begun;
      log_.crowded |= ++log_.running > kWorkers;
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run() {
      ++log_.jobs[job_].ended;
      --log_.running;
    }

   private:
    Log& log_;
    int job_;
  };
};

Task<absl::Status> DoJob(Cx& cx, Log& log, int job) {
  Log::Run run(log, job);
  log.jobs[job].doomed = !cx.Checkpoint().ok();
  co_await Try(cx.Sleep(absl::Milliseconds(cx.RandomBelow(20))));
  ++log.jobs[job].done;
  co_return absl::OkStatus();
}

// Submits some jobs, then waits for their answers.
Task<> BeClient(Cx& cx, WorkerPool& pool, Log& log, int client) {
  std::vector<std::pair<int, Ticket>> tickets;
  for (int i = 0; i < kJobsOfAClient; ++i) {
    const int job = client * kJobsOfAClient + i;
    absl::StatusOr<Ticket> ticket = co_await pool.Submit(
        cx, [&log, job](Cx& cx) { return DoJob(cx, log, job); });
    if (!ticket.ok()) break;
    log.jobs[job].accepted = true;
    tickets.emplace_back(job, *std::move(ticket));
  }
  for (auto& [job, ticket] : tickets) {
    log.jobs[job].answered_ok = (co_await ticket.Wait(cx)).ok();
  }
}

Task<absl::Status> RunPool(Cx& cx, Log& log) {
  auto body = [&log](Cx& cx, WorkerPool& pool) -> Task<absl::Status> {
    for (int client = 0; client < kClients; ++client) {
      cx.Spawn("client", [&pool, &log, client](Cx& cx) {
        return BeClient(cx, pool, log, client);
      });
    }
    // The shut-down comes before, between or after the submissions.
    co_return co_await cx.Sleep(absl::Milliseconds(cx.RandomBelow(60)));
  };
  co_return co_await WorkerPool::Run(
      cx, {.workers = kWorkers, .queue_length = 3}, body);
}

void ExpectPromisesKept(const Log& log, const absl::Status& ended) {
  EXPECT_EQ(log.running, 0) << "a job runs although the pool has ended";
  EXPECT_FALSE(log.crowded) << "more jobs ran at once than there are workers";
  for (const JobLog& job : log.jobs) {
    EXPECT_LE(job.begun, 1) << "a job ran twice";
    EXPECT_EQ(job.ended, job.begun);
    if (job.answered_ok) {
      EXPECT_EQ(job.done, 1) << "an answer to no work";
    }
    if (!job.accepted) continue;
    if (ended.ok()) {
      EXPECT_EQ(job.begun, 1) << "an accepted job was lost";
      EXPECT_FALSE(job.doomed) << "a worker that was cancelled took a job";
    }
  }
}

class WorkerPoolUnderChaos : public HeavyChaosTest {};

LAB_TEST_F(WorkerPoolUnderChaos, DoesEveryJobThatItAccepted,
           Explore::Sweep(10000)) {
  Log log;
  const absl::Status ended = co_await RunPool(cx, log);
  ExpectPromisesKept(log, ended);
  // Chaos may have cancelled the supervisor, and with it the pool.
  EXPECT_TRUE(ended.ok() || absl::IsCancelled(ended)) << ended;
  Count(ended.ok() ? "shut down gracefully" : "stopped");
  for (const JobLog& job : log.jobs) {
    if (job.accepted && job.done == 0) {
      Count("with a cancelled job");
      break;
    }
  }
  co_return absl::OkStatus();
}

LAB_TEST(WorkerPool, ShutsDownGracefully, Explore::Sweep(1000)) {
  Log log;
  const absl::Status ended = co_await RunPool(cx, log);
  EXPECT_TRUE(ended.ok()) << ended;
  ExpectPromisesKept(log, ended);
  for (const JobLog& job : log.jobs) {
    EXPECT_EQ(job.answered_ok, job.accepted);
  }
  co_return absl::OkStatus();
}

LAB_TEST(WorkerPool, StopsAtOnceIfItsUserFails) {
  Log log;
  auto body = [&log](Cx& cx, WorkerPool& pool) -> Task<absl::Status> {
    for (int job = 0; job < kJobsOfAClient; ++job) {
      co_await Try(pool.Submit(
          cx, [&log, job](Cx& cx) { return DoJob(cx, log, job); }));
    }
    co_return absl::InternalError("no more");
  };
  const absl::Status ended = co_await WorkerPool::Run(
      cx, {.workers = 1, .queue_length = kJobsOfAClient}, body);
  EXPECT_TRUE(absl::IsInternal(ended)) << ended;
  ExpectPromisesKept(log, ended);
  EXPECT_EQ(log.jobs[kJobsOfAClient - 1].begun, 0);
  co_return absl::OkStatus();
}

}  // namespace
