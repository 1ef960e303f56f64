#ifndef ASUPERSYNC_LAB_ORACLES_CHANNEL_ATOMICITY_H_
#define ASUPERSYNC_LAB_ORACLES_CHANNEL_ATOMICITY_H_

#include <cstdint>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "asupersync/lab/oracle.h"

namespace asupersync {

// channel_atomicity: each message that was sent is delivered exactly once and
// in the order of sending, or dropped because nobody can receive it; none is
// left when the channel is gone. Fed by MessageLog.
//
// A channel that is also used from outside the runtime tells only a part; then
// what is missing is not judged, but what comes twice is.
//
// Invariants
//   1. Messages below `oldest` have been delivered or dropped; those from
//      `oldest` to `sent` are pending, but for those in `gone`.
class ChannelAtomicityOracle final : public Oracle {
 public:
  explicit ChannelAtomicityOracle(const OracleContext& context)
      : Oracle(OracleId::kChannelAtomicity, context) {}
  void Reset() override;
  void OnMessageSent(const SharedObject& channel,
                     std::uint64_t message) override;
  void OnMessageReceived(const SharedObject& channel,
                         std::uint64_t message) override;
  void OnMessageDropped(const SharedObject& channel,
                        std::uint64_t message) override;
  void OnChannelGone(const SharedObject& channel, bool complete) override;

 private:
  struct Channel {
    std::uint64_t sent = 0;    // the last number
    std::uint64_t oldest = 1;  // the first message that is pending
    std::set<std::uint64_t> gone;  // beyond `oldest`
    bool partial = false;      // used from outside the runtime, too
  };

  Channel& At(const SharedObject& channel);
  // The message is not pending any more. False if it was not before.
  bool TakeOut(Channel& channel, std::uint64_t message);
  void ReportMessage(const SharedObject& channel, std::uint64_t message,
                     const char* what);

  absl::flat_hash_map<std::uint64_t, Channel> channels_;  // by identity
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLES_CHANNEL_ATOMICITY_H_
