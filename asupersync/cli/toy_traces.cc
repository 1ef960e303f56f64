#include "asupersync/cli/toy_traces.h"

#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <source_location>
#include <sstream>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/ids.h"
#include "asupersync/replay/trace_writer.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"

namespace asupersync::cli {
namespace {

constexpr CompactTaskId kProducer(1);
constexpr CompactTaskId kConsumer(2);
constexpr CompactRegionId kRegion(1);

void Check(const absl::Status& status) {
  if (!status.ok()) Fatal(status.ToString());
}

std::string PathOf(const std::string& name) {
  const char* folder = ::getenv("TEST_TMPDIR");
  return absl::StrCat(folder == nullptr ? "/tmp" : folder, "/", name);
}

// Two blocks: the recorder closes one after 64 KiB.
std::string LongTraceBytes() {
  ToyTrace toy;
  toy.extra_steps = 20000;
  return ReadBytes(toy.Save("long.async"));
}

}  // namespace

ReplayTrace ToyTrace::Make() const {
  Recorder recorder(RecorderConfig::Enabled());
  recorder.metadata().seed = seed;
  recorder.metadata().test_id = test_id;
  recorder.metadata().config = {{"lanes", "any"}};
  const SiteId site = recorder.Intern(std::source_location::current());
  const SiteId other = recorder.Intern(std::source_location::current());
  const SiteId none;
  uint64_t tick = 0;
  const auto begin = [&](CompactTaskId task) {
    recorder.Record(TaskScheduled{task, ++tick}, none);
  };
  recorder.Record(TaskSpawned{kProducer, kRegion, 0, CompactTaskId()}, site);
  recorder.RecordTaskName(kProducer, "producer", site);
  begin(kProducer);
  recorder.Record(TaskSpawned{kConsumer, kRegion, 1, kProducer}, site);
  recorder.RecordTaskName(kConsumer, "consumer", site);
  recorder.Record(TimerCreated{1, 100000000}, site);
  recorder.Record(TaskBlocked{kProducer}, site);
  begin(kConsumer);
  recorder.Record(TaskBlocked{kConsumer}, site);
  recorder.Record(TimeAdvanced{0, 100000000}, none);
  recorder.Record(TimerFired{1}, none);
  begin(kProducer);
  recorder.RecordUserTrace(text, other_line ? other : site);
  recorder.Record(WakerWake{kConsumer}, site);
  recorder.Record(TaskYielded{kProducer}, site);
  begin(kConsumer);
  recorder.Record(TaskCompleted{kConsumer, outcome}, none);
  for (int i = 0; i < extra_steps; ++i) {
    begin(kProducer);
    recorder.Record(RngValue{tick}, site);
    recorder.Record(TaskYielded{kProducer}, site);
  }
  recorder.Record(RegionClosed{kRegion}, none);
  return recorder.TakeTrace(certificate, fingerprint);
}

std::string ToyTrace::Save(const std::string& name) const {
  return WriteTrace(name, Make());
}

std::string TwinTasks::Save(const std::string& name) const {
  Recorder recorder(RecorderConfig::Enabled());
  const CompactTaskId root(1);
  const CompactTaskId first(other_numbers ? 9 : 2);
  const CompactTaskId second(3);
  const CompactRegionId region(1);
  const SiteId none;
  uint64_t tick = 0;
  const auto begin = [&](CompactTaskId task) {
    recorder.Record(TaskScheduled{task, ++tick}, none);
  };
  const auto run = [&](CompactTaskId task, const std::string& text,
                       bool wakes) {
    begin(task);
    recorder.RecordUserTrace(text, none);
    recorder.Record(TaskCompleted{task, 0}, none);
    if (wakes) recorder.Record(WakerWake{root}, none);
  };
  recorder.Record(TaskSpawned{root, region, 0, CompactTaskId()}, none);
  begin(root);
  recorder.Record(TaskSpawned{first, region, tick, root}, none);
  recorder.RecordTaskName(first, "first", none);
  recorder.Record(TaskSpawned{second, region, tick, root}, none);
  recorder.RecordTaskName(second, "second", none);
  recorder.Record(TaskBlocked{root}, none);
  if (second_first) run(second, second_says, !first_wakes);
  run(first, "first", first_wakes);
  if (!second_first) run(second, second_says, !first_wakes);
  begin(root);
  recorder.Record(TaskCompleted{root, 0}, none);
  return WriteTrace(name, recorder.TakeTrace(0x11, 0x22));
}

std::string WriteTrace(const std::string& name, const ReplayTrace& trace) {
  const std::string path = PathOf(name);
  absl::StatusOr<TraceWriter> writer = TraceWriter::Create(path);
  Check(writer.status());
  Check(writer->WriteTrace(trace));
  Check(writer->Finish());
  return path;
}

std::string SaveAccesses(const std::string& name, bool recorded,
                         const std::string& order) {
  Recorder recorder(RecorderConfig::Enabled().WithAccesses(recorded));
  for (uint64_t task = 1; task <= 3; ++task) {
    recorder.Record(TaskSpawned{CompactTaskId(task), CompactRegionId(1), 0,
                                CompactTaskId()},
                    SiteId());
  }
  uint64_t tick = 0;
  bool seen = false;
  for (const char c : order) {
    const CompactTaskId task(static_cast<uint64_t>(c - '0'));
    recorder.Record(TaskScheduled{task, ++tick}, SiteId());
    recorder.Record(ObjectAccessed{7, static_cast<uint8_t>(c != '3')},
                    SiteId());
    if (c == '3') recorder.RecordUserTrace(seen ? "new" : "old", SiteId());
    seen = seen || c == '2';
    recorder.Record(TaskCompleted{task, 0}, SiteId());
  }
  return WriteTrace(name, recorder.TakeTrace(1, 2));
}

std::string ReadBytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string WriteBytes(const std::string& name, const std::string& bytes) {
  const std::string path = PathOf(name);
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string SaveTruncated(const std::string& name) {
  const std::string bytes = LongTraceBytes();
  return WriteBytes(name, bytes.substr(0, bytes.size() - 1000));
}

std::string SaveDamaged(const std::string& name) {
  std::string bytes = LongTraceBytes();
  bytes[bytes.size() - 1000] ^= 1;
  return WriteBytes(name, bytes);
}

CliResult Call(const Command& command, const std::vector<std::string>& words) {
  std::ostringstream out;
  std::ostringstream err;
  const ExitCode code = RunCommand(command, words, {out, err});
  return {code, out.str(), err.str()};
}

}  // namespace asupersync::cli
