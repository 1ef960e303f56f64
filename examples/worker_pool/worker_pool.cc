#include "examples/worker_pool/worker_pool.h"

#include <deque>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"

namespace worker_pool {

using asupersync::Cx;
using asupersync::Scope;
using asupersync::ScopePolicy;
using asupersync::Task;
using asupersync::Try;

Task<absl::Status> Ticket::Wait(Cx& cx) {
  absl::StatusOr<Answer> answer = co_await answer_.Recv(cx);
  if (answer.ok()) co_return std::move(answer)->status;
  if (absl::IsOutOfRange(answer.status())) {
    co_return absl::CancelledError("the job's worker has ended");
  }
  co_return answer.status();
}

Task<absl::StatusOr<Ticket>> WorkerPool::Submit(Cx& cx, Job job) {
  while (queue_.size() >= options_.queue_length && !closed_) {
    co_await Try(room_to_fill_.Wait(cx));
  }
  if (closed_) {
    room_to_fill_.NotifyOne();
    co_return absl::UnavailableError("the worker pool was shut down");
  }
  auto [sender, receiver] = asupersync::oneshot::Channel<Answer>();
  queue_.push_back(Entry{std::move(job), std::move(sender)});
  job_to_take_.NotifyOne();
  if (queue_.size() < options_.queue_length) room_to_fill_.NotifyOne();
  co_return Ticket(std::move(receiver));
}

void WorkerPool::ShutDown() {
  closed_ = true;
  job_to_take_.NotifyOne();
  room_to_fill_.NotifyOne();
}

Task<absl::StatusOr<std::optional<WorkerPool::Entry>>> WorkerPool::Take(
    Cx& cx) {
  while (queue_.empty() && !closed_) co_await Try(job_to_take_.Wait(cx));
  // A worker that was asked to end would take a job with it.
  absl::Status asked = cx.Checkpoint();
  if (!asked.ok()) {
    job_to_take_.NotifyOne();  // to a worker that will stay
    co_return asked;
  }
  std::optional<Entry> next;
  if (!queue_.empty()) {
    next.emplace(std::move(queue_.front()));
    queue_.pop_front();
    room_to_fill_.NotifyOne();
  }
  if (!queue_.empty() || closed_) job_to_take_.NotifyOne();
  co_return next;
}

Task<absl::Status> WorkerPool::Work(Cx& cx) {
  for (;;) {
    std::optional<Entry> next = co_await Try(Take(cx));
    if (!next.has_value()) co_return absl::OkStatus();
    absl::Status status = co_await next->job(cx);
    // Fails if nobody wants the answer.
    (void)next->answer.Send(Answer{std::move(status)});
  }
}

void WorkerPool::Abandon() {
  ShutDown();
  std::deque<Entry> abandoned = std::exchange(queue_, {});
  for (Entry& entry : abandoned) {
    (void)entry.answer.Send(
        Answer{absl::CancelledError("the worker pool was stopped")});
  }
}

Task<absl::Status> WorkerPool::Supervise(Cx& cx) {
  auto body = [this](Cx& cx) -> Task<absl::Status> {
    cx.AddFinalizer([this] { Abandon(); });
    asupersync::JoinSet<absl::Status> workers(cx);
    auto hire = [&] {
      workers.Spawn("worker", [this](Cx& cx) { return Work(cx); });
    };
    for (int i = 0; i < options_.workers; ++i) hire();
    while (!workers.empty()) {
      auto left = co_await Try(workers.JoinNext(cx));
      // Throws what a job has thrown.
      if (!ToFallible(std::move(left.outcome)).ok()) hire();
    }
    co_return absl::OkStatus();
  };
  // One worker's end is not the others'.
  co_return co_await Scope(
      cx, {.name = "workers", .policy = ScopePolicy::kCollectAll}, body);
}

Task<absl::Status> WorkerPool::Run(Cx& cx, Options options, Body body) {
  WorkerPool pool(options);
  auto run = [&](Cx& cx) -> Task<absl::Status> {
    auto supervisor = cx.Spawn(
        "supervisor", [&pool](Cx& cx) { return pool.Supervise(cx); });
    co_await Try(body(cx, pool));
    pool.ShutDown();
    co_return (co_await supervisor.Join(cx)).status();
  };
  co_return co_await Scope(cx, {.name = "worker pool"}, run);
}

}  // namespace worker_pool
