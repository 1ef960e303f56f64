#ifndef ASUPERSYNC_CHANNEL_PIPELINE_H_
#define ASUPERSYNC_CHANNEL_PIPELINE_H_

#include <cstddef>
#include <exception>
#include <functional>
#include <source_location>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/task/completion_queue.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/located_cx.h"
#include "asupersync/task/race_group.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"

// Pipeline<Link...>(cx, capacity, stage...): runs stages that are connected by
// bounded channels, until the last one has ended.
//
//   co_await Try(Pipeline<std::string, Record>(
//       cx, /*capacity=*/16,
//       [&](Cx& cx, mpsc::Sender<std::string> lines) {
//         return ReadLines(cx, file, std::move(lines));
//       },
//       [&](Cx& cx, mpsc::Receiver<std::string> lines,
//           mpsc::Sender<Record> records) {
//         return Parse(cx, std::move(lines), std::move(records));
//       },
//       [&](Cx& cx, mpsc::Receiver<Record> records) {
//         return Store(cx, std::move(records));
//       }));
//
// n links connect n + 1 stages, each of which returns a Task<absl::Status>.
// Closing goes downstream with the ends: a stage that returns drops its sender,
// and the next one's Recv says OutOfRange when it has received the rest.
//
//   a stage ends with     then                              the result
//   OK                    the stages before it, which write  OK, when all have
//                         for nobody, are asked to end       ended
//                         (kRaceLost); what they end with
//                         does not count
//   an error              the others are asked to end        that error
//                         (kFailFast)
//   an exception          likewise                           it is thrown
//
// Of several errors the first one in time counts. CancelledError if the caller
// is cancelled. Pipeline returns when every stage has ended.
//
// Determinism: each stage is a task of its own in a region of its own, named
// "stage 0", "stage 1", ...
//
// Lifetime and cancellation: stages may capture by reference what lives in the
// caller. A message that is in a channel when its receiver goes is destroyed.
// Cancelling the caller cancels the stages and waits for them. What a stage
// spawns with its own Cx belongs to the Pipeline's region: when the last stage
// has ended, or one has failed, all that is left there is asked to end and
// waited for. A stage whose helpers shall finish opens a Scope.

namespace asupersync {
namespace pipeline_internal {

// The tasks of a pipeline and what has become of them.
class Stages {
 public:
  Stages(TaskNode& owner, std::source_location site)
      : queue_("Pipeline"), race_(owner, "Pipeline", site), site_(site) {}

  template <class F>
  void Spawn(Cx& cx, F&& stage) {
    SpawnOptions options;
    options.name = absl::StrCat("stage ", handles_.size());
    handles_.push_back(
        queue_.Spawn(cx, options, std::forward<F>(stage), site_));
    race_.Add(handles_.back());
    states_.push_back(State::kRuns);
  }

  // Waits for the ends, and cancels what they make useless.
  Task<> Watch(Cx& cx);
  // The pipeline's result, when all have ended; throws what a stage threw.
  absl::Status Result(Cx& cx) const;

 private:
  enum class State { kRuns, kIsUseless, kEnded };

  void Cancel(Cx& cx, std::size_t stage, CancelKind kind, std::string why);
  void OnEnd(Cx& cx, std::size_t stage);
  void Decide(Cx& cx, CancelKind kind, std::string why);

  CompletionQueue queue_;
  std::vector<TaskHandle<absl::Status>> handles_;
  std::vector<State> states_;
  RaceGroup race_;
  std::source_location site_;
  bool decided_ = false;  // the last stage has ended, or one has failed
  absl::Status error_;
  std::exception_ptr thrown_;
};

template <class Links, class Functions, std::size_t I>
struct Starter {
  static constexpr std::size_t kLast = std::tuple_size_v<Links>;

  // Starts stage I and those after it; `input...` is its receiver, if any.
  template <class... Input>
  static void Start(Cx& cx, std::size_t capacity, Functions& functions,
                    Stages& stages, Input... input) {
    if constexpr (I == kLast) {
      stages.Spawn(cx, [f = std::move(std::get<I>(functions)),
                        ... in = std::move(input)](Cx& cx) mutable {
        return std::invoke(f, cx, std::move(in)...);
      });
    } else {
      using Link = std::tuple_element_t<I, Links>;
      auto [sender, receiver] = mpsc::Channel<Link>(capacity);
      stages.Spawn(cx, [f = std::move(std::get<I>(functions)),
                        out = std::move(sender),
                        ... in = std::move(input)](Cx& cx) mutable {
        return std::invoke(f, cx, std::move(in)..., std::move(out));
      });
      Starter<Links, Functions, I + 1>::Start(cx, capacity, functions, stages,
                                              std::move(receiver));
    }
  }
};

template <class Links, class Functions>
Task<absl::Status> Run(Cx& cx, std::size_t capacity, Functions functions,
                       std::source_location site) {
  Stages stages(cx.node(site), site);
  absl::Status scope = co_await Scope(
      cx, CollectAllScope("Pipeline"),
      [&](Cx& cx) -> Task<absl::Status> {
        Starter<Links, Functions, 0>::Start(cx, capacity, functions, stages);
        co_await stages.Watch(cx);
        co_return absl::OkStatus();
      },
      site);
  // Not allowed, or a finalizer that a branch added failed.
  if (!scope.ok()) co_return scope;
  co_return stages.Result(cx);
}

}  // namespace pipeline_internal

// REQUIRES: capacity > 0, else aborts.
template <class... Link, class... Stage>
  requires(sizeof...(Link) > 0 && sizeof...(Stage) == sizeof...(Link) + 1)
Task<absl::Status> Pipeline(LocatedCx at, std::size_t capacity,
                            Stage... stage) {
  return pipeline_internal::Run<std::tuple<Link...>>(
      at.cx, capacity, std::tuple<Stage...>(std::move(stage)...), at.site);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_CHANNEL_PIPELINE_H_
