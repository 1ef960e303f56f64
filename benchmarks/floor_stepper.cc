#include "benchmarks/floor_stepper.h"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <vector>

#include "asupersync/base/prng.h"
#include "asupersync/trace/certificate.h"
#include "benchmarks/stepper.h"

namespace asupersync {
namespace benchmarks {
namespace {

struct Bare {
  struct promise_type {
    Bare get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

// Eight bodies, so that the jump to the next one cannot be predicted.
template <int kBody>
Bare Body(std::uint64_t* sink) {
  std::uint64_t local = kBody;
  for (;;) {
    local = local * (2 * kBody + 3) + kBody;
    *sink += local;
    co_await std::suspend_always();
  }
}

using Make = Bare (*)(std::uint64_t*);
constexpr Make kBodies[] = {Body<0>, Body<1>, Body<2>, Body<3>,
                            Body<4>, Body<5>, Body<6>, Body<7>};

class FloorStepper final : public Stepper {
 public:
  explicit FloorStepper(std::size_t tasks)
      : prng_(42), events_(new std::uint8_t[kEventBytes]) {
    for (std::size_t i = 0; i < tasks; ++i) {
      tasks_.push_back(kBodies[i % 8](&sink_).handle);
    }
  }
  ~FloorStepper() override {
    for (auto task : tasks_) task.destroy();
  }

  void Run(std::uint64_t steps) override {
    std::uint8_t* next = events_.get();
    std::uint8_t* const end = next + kEventBytes - 2;
    const std::size_t count = tasks_.size();
    for (std::uint64_t i = 0; i < steps; ++i) {
      const std::size_t chosen = prng_.Below(count);
      certificate_.Add(0, chosen);
      if (next > end) next = events_.get();
      *next++ = 1;
      *next++ = static_cast<std::uint8_t>(chosen);
      tasks_[chosen].resume();
    }
  }

 private:
  static constexpr std::size_t kEventBytes = 64 << 10;

  std::uint64_t sink_ = 0;
  Prng prng_;
  Certificate certificate_;
  std::unique_ptr<std::uint8_t[]> events_;
  std::vector<std::coroutine_handle<>> tasks_;
};

}  // namespace

Stepper* NewFloor(std::size_t tasks) { return new FloorStepper(tasks); }

}  // namespace benchmarks
}  // namespace asupersync
