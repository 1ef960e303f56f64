#include "asupersync/replay/toy_recording.h"

#include "asupersync/base/seed.h"
#include "asupersync/choice/random_source.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/recorder.h"

namespace asupersync {

ToyRecording RecordToy(uint64_t seed, const ToyOptions& options,
                       const RecorderConfig& config) {
  const DerivedSeeds seeds = DeriveSeeds(seed, "Toy.Test");
  RandomChoiceSource source(seeds);
  Recorder recorder(config);
  TraceMetadata& metadata = recorder.metadata();
  metadata.seed = seeds.test_seed;
  metadata.schedule_seed = seeds.schedule;
  metadata.entropy_seed = seeds.entropy;
  metadata.fault_seed = seeds.fault;
  metadata.fuzz_seed = seeds.fuzz;
  ToyProgram program(source, recorder);
  program.Run(options);
  return {recorder.TakeTrace(program.certificate(), program.fingerprint()),
          program.certificate(), program.schedule(), program.drawn()};
}

}  // namespace asupersync
