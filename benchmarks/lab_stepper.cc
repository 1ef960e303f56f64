#include "benchmarks/lab_stepper.h"

#include <cstddef>
#include <cstdint>
#include <limits>

#include "absl/status/status.h"
#include "asupersync/asupersync.h"
#include "benchmarks/stepper.h"

namespace asupersync {
namespace benchmarks {
namespace {

template <int kBody>
Task<absl::Status> Body(Cx& cx, std::uint64_t* sink) {
  std::uint64_t local = kBody;
  for (;;) {
    local = local * (2 * kBody + 3) + kBody;
    *sink += local;
    co_await Try(cx.Yield());
  }
}

using Make = Task<absl::Status> (*)(Cx&, std::uint64_t*);
constexpr Make kBodies[] = {Body<0>, Body<1>, Body<2>, Body<3>,
                            Body<4>, Body<5>, Body<6>, Body<7>};

LabConfig ConfigFor(Recording recording) {
  LabConfig config = LabConfig(42).WithStepLimit(
      std::numeric_limits<std::uint64_t>::max());
  return recording == Recording::kOn ? config.WithDefaultReplayRecording()
                                     : config;
}

class LabStepper final : public Stepper {
 public:
  LabStepper(std::size_t tasks, Recording recording)
      : runtime_(ConfigFor(recording)), recording_(recording) {
    for (std::size_t i = 0; i < tasks; ++i) {
      runtime_.SpawnRoot(
          [body = kBodies[i % 8], sink = &sink_](Cx& cx) {
            return body(cx, sink);
          });
    }
  }

  void Run(std::uint64_t steps) override {
    while (steps > 0) {
      const std::uint64_t slice = steps < kSlice ? steps : kSlice;
      runtime_.RunUntilTick(runtime_.steps() + slice);
      steps -= slice;
      // As a test that ends would: its trace's memory is used again.
      if (recording_ == Recording::kOn) {
        runtime_.EnableRecording(RecorderConfig::Enabled());
      }
    }
  }

 private:
  static constexpr std::uint64_t kSlice = 1 << 20;

  std::uint64_t sink_ = 0;
  LabRuntime runtime_;
  Recording recording_;
};

}  // namespace

Stepper* NewLab(std::size_t tasks, Recording recording) {
  return new LabStepper(tasks, recording);
}

}  // namespace benchmarks
}  // namespace asupersync
