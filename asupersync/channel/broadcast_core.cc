#include "asupersync/channel/broadcast_core.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/place.h"
#include "asupersync/task/runtime.h"

namespace asupersync {
namespace broadcast_internal {
namespace {

// The status payload that holds the number of missed messages, in decimal.
constexpr char kLaggedUrl[] = "asupersync/broadcast.lagged";

}  // namespace

std::optional<std::uint64_t> LaggedBy(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kLaggedUrl);
  std::uint64_t missed;
  if (!payload.has_value() ||
      !absl::SimpleAtoi(std::string(*payload), &missed)) {
    return std::nullopt;
  }
  return missed;
}

Subscriber::Subscriber(std::uint64_t first_message)
    : channel_internal::Subscriber("broadcast receiver",
                                   "receives from a broadcast receiver"),
      first(first_message) {
  seen = first;
}

Core::Core(std::size_t capacity, std::source_location site)
    : Hub("broadcast channel"), capacity(capacity) {
  if (capacity == 0) {
    Fatal(absl::StrCat(
        PlaceOf(site),
        ": broadcast::Channel(0): a channel needs a capacity of at least 1"));
  }
}

void Core::Announce() {
  ++sent;
  for (channel_internal::Subscriber& each : subscribers) {
    static_cast<Subscriber&>(each).log.Sent();
  }
  WakeAll();
}

absl::Status Core::Skip(Subscriber& subscriber, std::uint64_t oldest) {
  const std::uint64_t missed = oldest - subscriber.seen;
  subscriber.SkipTo(oldest);
  absl::Status status = absl::DataLossError(absl::StrCat(
      "the receiver lagged: ", missed,
      " messages were overwritten before it received them"));
  // A view: clang and a gcc-built abseil disagree on the name of the
  // constructor from std::string.
  const std::string text = absl::StrCat(missed);
  status.SetPayload(kLaggedUrl, absl::Cord(absl::string_view(text)));
  return status;
}

absl::Status Core::EmptyError() {
  return absl::UnavailableError("the channel is empty");
}

Obligation Core::StartObligation(TaskNode& node, RegionNode& region,
                                 std::source_location site) {
  AddProducer();
  return Obligation(node, region, ObligationKind::kSendPermit, object.id(),
                    site);
}

void Core::CommitPermit(Obligation& obligation) {
  obligation.Commit();
  DropProducer();
}

void Core::AbortPermit(Obligation& obligation) {
  obligation.Abort();
  DropProducer();
}

bool ReadyOperation::Poll() {
  Touch(core_.object, Access::kWrite);
  return true;
}

absl::Status ReadyOperation::CheckSend() const {
  return cancelled() ? CancelledStatus() : core_.CheckReceivers();
}

WaitDescription ReadyOperation::Describe() const {
  return {"send to broadcast channel", core_.object.id(), {}};
}

}  // namespace broadcast_internal
}  // namespace asupersync
