#ifndef ASUPERSYNC_TASK_FINALIZER_H_
#define ASUPERSYNC_TASK_FINALIZER_H_

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "asupersync/task/capability.h"
#include "asupersync/task/task.h"

namespace asupersync {

class Cx;
struct RegionNode;

// What a region does at its end, after its tasks: Cx::AddFinalizer. Internal.
class Finalizer {
 public:
  explicit Finalizer(std::uint32_t steps_max, std::source_location site)
      : site_(site), steps_max_(steps_max) {}
  Finalizer(const Finalizer&) = delete;
  Finalizer& operator=(const Finalizer&) = delete;
  virtual ~Finalizer() = default;

  virtual Task<absl::Status> Run(Cx& cx) = 0;

  std::uint32_t steps_max() const { return steps_max_; }
  std::source_location site() const { return site_; }
  // Its number in its region, in order of registration.
  std::uint64_t number = 0;

 private:
  std::source_location site_;
  std::uint32_t steps_max_;
};

// A finalizer that runs, and what to restore in the task that runs it.
struct FinalizerRun {
  std::unique_ptr<Finalizer> finalizer;  // null: none was left
  std::uint32_t steps = 0;               // at most
  // Of the finalizer that runs around it, if there is one.
  RegionNode* outer_region = nullptr;
  std::uint32_t outer_steps = 0;
  bool outer_mask_broken = false;
};

namespace task_internal {

// F is callable as Task<absl::Status>(Cx&), Task<void>(Cx&), absl::Status(),
// or void(), the last two also with a Cx&. `Context` is Cx.
template <class F, class Context>
class FinalizerOf final : public Finalizer {
 public:
  FinalizerOf(F function, std::uint32_t steps_max, std::source_location site,
              Capabilities allowed, std::source_location restricted_at)
      : Finalizer(steps_max, site),
        function_(std::move(function)),
        allowed_(allowed),
        restricted_at_(restricted_at) {}

  Task<absl::Status> Run(Cx& region_cx) override {
    Context cx =
        static_cast<Context&>(region_cx).Restrict(allowed_, restricted_at_);
    using Result = decltype(Call(cx));
    if constexpr (std::is_void_v<Result>) {
      Call(cx);
      co_return absl::OkStatus();
    } else if constexpr (std::is_same_v<Result, absl::Status>) {
      co_return Call(cx);
    } else if constexpr (std::is_same_v<Result, Task<absl::Status>>) {
      co_return co_await Call(cx);
    } else {
      static_assert(std::is_same_v<Result, Task<void>>,
                    "a finalizer returns void, absl::Status, Task<> or "
                    "Task<absl::Status>");
      co_await Call(cx);
      co_return absl::OkStatus();
    }
  }

 private:
  decltype(auto) Call(Context& cx) {
    if constexpr (std::is_invocable_v<F&, Context&>) {
      return std::invoke(function_, cx);
    } else {
      return std::invoke(function_);
    }
  }

  F function_;
  Capabilities allowed_;
  std::source_location restricted_at_;
};

}  // namespace task_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_FINALIZER_H_
