// PerfettoWriter writes a document in the Trace Event Format, which Perfetto's
// UI reads: slices, marks, arrows and counters on tracks.
//
//   PerfettoWriter writer(out);
//   writer.Begin({{"test", "Bank.Transfer"}});
//   writer.NameThread(track, "T1(alice)");
//   writer.BeginSlice("bank.cc:42 Transfer", "step", {track, 1000});
//   writer.EndSlice("", "step", {track, 1990});
//   writer.End(2000);
//
// Times are in thousandths of the format's microseconds.
//
// Determinism: a function of the calls.
//
// Lifetime: the stream must outlive it.
#ifndef ASUPERSYNC_CLI_PERFETTO_WRITER_H_
#define ASUPERSYNC_CLI_PERFETTO_WRITER_H_

#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/json_writer.h"

namespace asupersync::cli {

// Where something is drawn: a thread of a process. Numbers of a trace begin
// with 1, and Perfetto takes 0 for the idle process.
struct PerfettoTrack {
  static constexpr uint64_t kLab = 999999999;  // the lab itself
  uint64_t pid = kLab;
  uint64_t tid = kLab;
  friend bool operator==(const PerfettoTrack&, const PerfettoTrack&) = default;
};

struct PerfettoPlace {
  PerfettoTrack track;
  uint64_t ts = 0;
};

class PerfettoWriter {
 public:
  // Writes the fields of an element's "args".
  using Args = absl::FunctionRef<void(JsonWriter& args)>;

  explicit PerfettoWriter(std::ostream& out) : out_(out), json_(out) {}

  // The first call, with what the document says of itself; End() is the last,
  // and closes what OpenAsync() has opened.
  void Begin(
      const std::vector<std::pair<std::string, std::string>>& other_data);
  void End(uint64_t ts);

  // Of smaller indices first.
  void NameProcess(uint64_t pid, absl::string_view name, int sort_index);
  void NameThread(const PerfettoTrack& track, absl::string_view name);

  void BeginSlice(absl::string_view name, absl::string_view category,
                  const PerfettoPlace& place);
  void BeginSlice(absl::string_view name, absl::string_view category,
                  const PerfettoPlace& place, Args args);
  // Ends the last slice that was begun there; its name may be left out.
  void EndSlice(absl::string_view name, absl::string_view category,
                const PerfettoPlace& place);
  void EndSlice(absl::string_view name, absl::string_view category,
                const PerfettoPlace& place, Args args);
  void Instant(absl::string_view name, absl::string_view category,
               const PerfettoPlace& place, Args args);
  // An arrow, from the slice that is there to the one that is here.
  void Flow(absl::string_view name, const PerfettoPlace& from,
            const PerfettoPlace& to);
  void Counter(absl::string_view name, absl::string_view unit, uint64_t value,
               const PerfettoPlace& place);

  // What may overlap with others. Nothing happens if it is open already, or
  // closed and not open.
  void OpenAsync(absl::string_view category, uint64_t id, std::string name,
                 const PerfettoPlace& place);
  void CloseAsync(absl::string_view category, uint64_t id,
                  absl::string_view how, uint64_t ts);

 private:
  // Begins an element of "traceEvents"; the caller ends it.
  void BeginElement(char ph, absl::string_view name, absl::string_view category,
                    const PerfettoPlace& place);
  void EndWithArgs(Args args);

  std::ostream& out_;
  JsonWriter json_;
  uint64_t next_flow_ = 1;
  // What is open, with its track and name; by category and number.
  std::map<std::pair<std::string, uint64_t>,
           std::pair<PerfettoTrack, std::string>>
      async_;
};

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_PERFETTO_WRITER_H_
