#ifndef ASUPERSYNC_LAB_CHAOS_CONFIG_H_
#define ASUPERSYNC_LAB_CHAOS_CONFIG_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "asupersync/base/chaos_kind.h"  // IWYU pragma: export

namespace asupersync {

// How often the lab injects what, and how much.
//
//   LabConfig(42).WithChaos(ChaosConfig::Heavy())
//   ChaosConfig::Off().With(ChaosKind::kCancel, 0.05)
//
// All that can be injected may happen in production, too: a correct program
// keeps its promises. A task that was spawned from outside the runtime, a
// test's body, is never cancelled and never loses its budget.
//
// Determinism: the n-th decision for a task depends on (fault seed, task, n)
// alone. Each injection is a ChaosInjection event; a replay injects what the
// trace has.
class ChaosConfig {
 public:
  // kind            off   light  heavy
  // cancel            0   0.1 %    2 %
  // delay             0     2 %   10 %   up to 1 ms, 100 ms
  // spurious_wake     0     1 %   10 %   never twice in a row
  // batched_wake      0     2 %   10 %
  // timer_jitter      0     5 %   20 %   up to 1 ms, 100 ms
  // budget            0     0 %    1 %
  // io_error          0     1 %   10 %
  static ChaosConfig Off() { return ChaosConfig(); }
  static ChaosConfig Light();
  static ChaosConfig Heavy();

  // The probability per opportunity, from 0 to 1, in steps of a millionth.
  // REQUIRES: within the bounds, and the sum of cancel, budget and delay is not
  // above 1; else aborts.
  ChaosConfig With(ChaosKind kind, double probability) const;
  // The longest delay and the latest jitter. REQUIRES: from 1 ns to an hour.
  ChaosConfig WithDelayMax(absl::Duration delay) const;
  ChaosConfig WithJitterMax(absl::Duration jitter) const;

  // "off", "light" or "heavy", or KIND=PROBABILITY, delay_max=DURATION or
  // jitter_max=DURATION, separated by commas; later parts change earlier ones:
  // "heavy,cancel=0,delay_max=5ms". InvalidArgument otherwise.
  static absl::StatusOr<ChaosConfig> Parse(absl::string_view text);
  // "off", or a text that Parse() reads as this.
  std::string ToString() const;

  // Whether anything can be injected.
  bool enabled() const;
  // In millionths.
  std::uint32_t ppm(ChaosKind kind) const {
    return ppm_[static_cast<std::size_t>(kind)];
  }
  absl::Duration delay_max() const { return delay_max_; }
  absl::Duration jitter_max() const { return jitter_max_; }

  friend bool operator==(const ChaosConfig&, const ChaosConfig&) = default;

 private:
  std::array<std::uint32_t, kChaosKindCount> ppm_ = {};
  absl::Duration delay_max_ = absl::Milliseconds(1);
  absl::Duration jitter_max_ = absl::Milliseconds(1);
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_CHAOS_CONFIG_H_
