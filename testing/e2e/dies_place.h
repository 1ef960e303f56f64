// Running //testing/e2e:dies and looking at what it leaves.
#ifndef ASUPERSYNC_TESTING_E2E_DIES_PLACE_H_
#define ASUPERSYNC_TESTING_E2E_DIES_PLACE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "asupersync/asupersync.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {

constexpr char kTestId[] = "Dies.InTheMiddleOfAStep";
constexpr char kName[] = "Dies_InTheMiddleOfAStep";
constexpr std::uint64_t kDefaultSeed = 0x123456789abcdef0;

// An artifacts folder and what is in it.
struct Place {
  std::string root = FreshFolder();
  std::string progress = root + "_progress";

  std::string folder(const std::string& name = kName) const {
    return root + "/" + name;
  }
  std::string manifest() const { return folder() + "/repro_manifest.json"; }
  std::string trace() const { return folder() + "/trace.async"; }
  std::string log() const { return folder() + "/event_log.txt"; }
  bool marked(const std::string& name = kName) const;
};

// The arguments with which the subject dies in this way.
std::vector<std::string> Words(const Place& place, const std::string& way,
                               const std::vector<std::string>& more = {});

ProcessResult RunDies(const Place& place, const std::string& way,
                      const std::vector<std::string>& more = {});

// A start of the same program that makes no lab test.
ProcessResult RunSomethingElse(const Place& place);

// How many events the subject has said that it has recorded.
std::uint64_t Progress(const Place& place);

// These fail the driver's test if the file cannot be read.
ReplayTrace ReadTrace(const std::string& path);
std::vector<EventRecord> All(const ReplayTrace& trace);
std::string LastText(const ReplayTrace& trace);

// Runs the program `asupersync`, which the variable ASUPERSYNC names.
ProcessResult Asupersync(const std::vector<std::string>& words);

}  // namespace e2e
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_E2E_DIES_PLACE_H_
