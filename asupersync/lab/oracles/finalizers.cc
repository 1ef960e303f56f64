#include "asupersync/lab/oracles/finalizers.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "asupersync/task/execution_context.h"

namespace asupersync {
namespace {

// The root region's finalizers run in a task of its own; others in the task
// that owns the region, which is in the region around.
bool OnlyItsRunnerIsLeft(const RegionNode& region) {
  if (!region.children.empty()) return false;
  for (const TaskNode& task : region.tasks) {
    if (&task != execution_context.task) return false;
  }
  return true;
}

}  // namespace

void FinalizersOracle::Reset() { regions_.clear(); }

FinalizersOracle::Finalizer* FinalizersOracle::Find(Finalizers& finalizers,
                                                    std::uint64_t number) {
  for (Finalizer& finalizer : finalizers) {
    if (finalizer.number == number) return &finalizer;
  }
  return nullptr;
}

void FinalizersOracle::ReportFinalizer(const RegionNode& region,
                                       std::uint64_t finalizer,
                                       const char* what) {
  Report(absl::StrCat("finalizer ", finalizer, " of ", Describe(region), ", ",
                      what),
         region.owner, region.opened_at);
}

void FinalizersOracle::OnFinalizerAdded(const RegionNode& region,
                                        std::uint64_t finalizer) {
  Finalizers& finalizers = regions_[region.compact];
  if (Find(finalizers, finalizer) != nullptr) {
    ReportFinalizer(region, finalizer, "was added twice");
    return;
  }
  if (region.state == RegionNode::State::kClosed) {
    ReportFinalizer(region, finalizer, "was added after the region closed");
  }
  finalizers.push_back({finalizer, Stage::kAdded});
}

void FinalizersOracle::OnFinalizerStarted(const RegionNode& region,
                                          std::uint64_t finalizer) {
  Finalizers& finalizers = regions_[region.compact];
  Finalizer* const started = Find(finalizers, finalizer);
  if (started == nullptr) {
    ReportFinalizer(region, finalizer, "runs but was never added");
    return;
  }
  if (started->stage != Stage::kAdded) {
    ReportFinalizer(region, finalizer, "runs a second time");
    return;
  }
  started->stage = Stage::kStarted;
  for (const Finalizer& other : finalizers) {
    if (&other > started && other.stage != Stage::kDone) {
      ReportFinalizer(region, finalizer,
                      "runs before one that was added after it has ended");
      break;
    }
  }
  if (!OnlyItsRunnerIsLeft(region)) {
    ReportFinalizer(region, finalizer,
                    "runs while tasks or child regions are left in the region");
  }
}

void FinalizersOracle::OnFinalizerDone(const RegionNode& region,
                                       std::uint64_t finalizer) {
  Finalizer* const done = Find(regions_[region.compact], finalizer);
  if (done == nullptr || done->stage != Stage::kStarted) {
    ReportFinalizer(region, finalizer, "ended without having been started");
  }
  if (done != nullptr) done->stage = Stage::kDone;
}

void FinalizersOracle::ReportLeft(const RegionNode& region, const char* when) {
  const auto found = regions_.find(region.compact);
  if (found == regions_.end()) return;
  for (const Finalizer& finalizer : found->second) {
    if (finalizer.stage == Stage::kDone) continue;
    ReportFinalizer(region, finalizer.number,
                    absl::StrCat(finalizer.stage == Stage::kAdded
                                     ? "had not run when the region "
                                     : "had not ended when the region ",
                                 when)
                        .c_str());
  }
  regions_.erase(found);
}

void FinalizersOracle::OnRegionClosed(const RegionNode& region) {
  ReportLeft(region, "closed");
}

void FinalizersOracle::OnRegionFreed(const RegionNode& region) {
  ReportLeft(region, "ended");
}

}  // namespace asupersync
