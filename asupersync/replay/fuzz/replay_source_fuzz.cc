// Any bytes as the trace that drives a program, in strict and in resync mode:
// the program ends, the answers are among the candidates, and a trace that the
// program follows to its end is called identical.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/seed.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/replay/fuzz/memory_file.h"
#include "asupersync/replay/fuzz/reseal_trace.h"
#include "asupersync/replay/replay_source.h"
#include "asupersync/replay/resync_source.h"
#include "asupersync/replay/toy_program.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"

namespace asupersync {
namespace {

// Gives on what `source` answers if that is an answer.
class Checked final : public ChoiceSource {
 public:
  explicit Checked(ChoiceSource& source) : source_(source) {}
  uint32_t Choose(ChoiceKind kind, uint32_t count,
                  const CandidateView& candidates) override {
    const uint32_t chosen = source_.Choose(kind, count, candidates);
    if (chosen >= count) Fatal("the answer is none of the candidates");
    return chosen;
  }
  uint64_t Draw(DrawPurpose purpose, uint64_t stream, uint64_t index) override {
    return source_.Draw(purpose, stream, index);
  }
  void Reset(const DerivedSeeds& seeds) override { source_.Reset(seeds); }

 private:
  ChoiceSource& source_;
};

ToyOptions OptionsOf(unsigned variant) {
  ToyOptions options;
  options.says_something = (variant & 1) != 0;
  options.blocked_task = (variant & 2) != 0 ? 2 : 0;
  options.tasks = (variant & 4) != 0 ? 5 : 3;
  return options;
}

void DriveStrictly(const ReplayTrace& trace, unsigned variant) {
  ReplayChoiceSource source(trace);
  source.SetStrictSites((variant & 8) != 0);
  source.SetContinuesPrefix((variant & 16) != 0);
  Checked checked(source);
  Recorder recorder(RecorderConfig::Enabled());
  recorder.SetObserver(&source);
  ToyProgram program(checked, recorder);
  source.Watch({&recorder.sites(), [&] { return program.certificate(); },
                [&] { return program.fingerprint(); }});
  program.Run(OptionsOf(variant));
  const ReplayVerdict verdict =
      source.Finish(program.certificate(), program.fingerprint());
  if (source.Summary().empty()) Fatal("no summary");
  if (verdict == ReplayVerdict::kDiverged) {
    if (!source.diverged()) Fatal("diverged without a report");
    if (source.report().ToString().empty()) Fatal("an empty report");
    return;
  }
  if (source.verified() > recorder.event_count()) {
    Fatal("verified what was not there");
  }
}

void DriveInResync(const ReplayTrace& trace, unsigned variant) {
  ResyncChoiceSource source(trace);
  Checked checked(source);
  Recorder recorder(RecorderConfig::Enabled());
  source.Watch(&recorder.sites());
  recorder.SetObserver(&source);
  ToyProgram program(checked, recorder);
  program.Run(OptionsOf(variant));
  const ResyncReport report = source.report();
  if (report.ToString().empty()) Fatal("an empty report");
  if (report.followed > report.recorded) Fatal("followed more than there is");
  if (report.PercentFollowed() > 100) Fatal("more than all was followed");
}

void Drive(MemoryFile& file, absl::string_view bytes, unsigned variant) {
  file.Set(bytes);
  absl::StatusOr<TraceReader> reader = TraceReader::Open(file.path());
  if (!reader.ok()) return;
  const ReplayTrace trace = reader->Recover();
  DriveStrictly(trace, variant);
  DriveInResync(trace, variant);
}

}  // namespace
}  // namespace asupersync

// The first byte says which program is driven.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* const file = new asupersync::MemoryFile;
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  asupersync::Drive(*file, bytes, data[0]);
  asupersync::Drive(*file, asupersync::ResealTrace(bytes), data[0]);
  return 0;
}
