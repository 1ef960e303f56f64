#ifndef ASUPERSYNC_TESTING_EXPLORE_H_
#define ASUPERSYNC_TESTING_EXPLORE_H_

#include <cstdint>
#include <optional>

namespace asupersync {

// Explore: how often, and under which seeds, a LAB_TEST runs.
//
//   LAB_TEST(Bank, NeverLosesMoney, Explore::Sweep(1000)) { ... }
//   LAB_TEST(Bank, Issue123, Explore::Once().WithSeed(0x2a)) { ... }
//
// Determinism: the seeds of a sweep are functions of the test seed and of the
// number of the execution.
class Explore {
 public:
  // One execution, under the test seed.
  static Explore Once() { return Explore(1, false); }
  // Up to `executions` executions, each of a fresh fixture, under as many
  // seeds; stops at the first that fails. REQUIRES: executions >= 1, else
  // aborts.
  static Explore Sweep(std::uint64_t executions);

  // This exploration, from `seed`, whatever flags and environment say.
  Explore WithSeed(std::uint64_t seed) const;

  std::uint64_t executions() const { return executions_; }
  bool is_sweep() const { return is_sweep_; }
  const std::optional<std::uint64_t>& seed() const { return seed_; }

 private:
  Explore(std::uint64_t executions, bool is_sweep)
      : executions_(executions), is_sweep_(is_sweep) {}

  std::uint64_t executions_;
  bool is_sweep_;
  std::optional<std::uint64_t> seed_;
};

// The seed of execution `i` of a sweep: the test seed itself for 0, else
// DeriveSeed(test_seed, "sweep", i). So a sweep that starts from a seed that
// failed fails at once.
std::uint64_t SweepSeed(std::uint64_t test_seed, std::uint64_t i);

}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_EXPLORE_H_
