// Recordings of ToyProgram.
#ifndef ASUPERSYNC_REPLAY_TOY_RECORDING_H_
#define ASUPERSYNC_REPLAY_TOY_RECORDING_H_

#include <cstdint>
#include <vector>

#include "asupersync/replay/toy_program.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"

namespace asupersync {

struct ToyRecording {
  ReplayTrace trace;
  uint64_t certificate = 0;
  std::vector<uint64_t> schedule;
  std::vector<uint64_t> drawn;
};

// Of a run that the seed decides; the trace's metadata has the seeds.
ToyRecording RecordToy(uint64_t seed, const ToyOptions& options = {},
                       const RecorderConfig& config =
                           RecorderConfig::Enabled());

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_TOY_RECORDING_H_
