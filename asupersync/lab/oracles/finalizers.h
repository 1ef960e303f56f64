#ifndef ASUPERSYNC_LAB_ORACLES_FINALIZERS_H_
#define ASUPERSYNC_LAB_ORACLES_FINALIZERS_H_

#include <cstdint>
#include <map>
#include <vector>

#include "asupersync/lab/oracle.h"

namespace asupersync {

// finalizers: each finalizer of a region runs exactly once, the one that was
// added last first, after the tasks and child regions have ended and before
// the region is closed.
class FinalizersOracle final : public Oracle {
 public:
  explicit FinalizersOracle(const OracleContext& context)
      : Oracle(OracleId::kFinalizers, context) {}
  void Reset() override;
  void OnFinalizerAdded(const RegionNode& region,
                        std::uint64_t finalizer) override;
  void OnFinalizerStarted(const RegionNode& region,
                          std::uint64_t finalizer) override;
  void OnFinalizerDone(const RegionNode& region,
                       std::uint64_t finalizer) override;
  void OnRegionClosed(const RegionNode& region) override;
  void OnRegionFreed(const RegionNode& region) override;

 private:
  enum class Stage : std::uint8_t { kAdded, kStarted, kDone };
  struct Finalizer {
    std::uint64_t number;
    Stage stage;
  };
  using Finalizers = std::vector<Finalizer>;  // in order of registration

  static Finalizer* Find(Finalizers& finalizers, std::uint64_t number);
  void ReportFinalizer(const RegionNode& region, std::uint64_t finalizer,
                       const char* what);
  void ReportLeft(const RegionNode& region, const char* when);

  std::map<std::uint32_t, Finalizers> regions_;  // by compact number
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLES_FINALIZERS_H_
