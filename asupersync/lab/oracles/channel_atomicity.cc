#include "asupersync/lab/oracles/channel_atomicity.h"

#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asupersync/base/place.h"
#include "asupersync/task/execution_context.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/shared_object.h"

namespace asupersync {

void ChannelAtomicityOracle::Reset() {
  if (!channels_.empty()) channels_.clear();
}

ChannelAtomicityOracle::Channel& ChannelAtomicityOracle::At(
    const SharedObject& channel) {
  return channels_[channel.id().AsRaw()];
}

void ChannelAtomicityOracle::ReportMessage(const SharedObject& channel,
                                           std::uint64_t message,
                                           const char* what) {
  const TaskNode* const task = execution_context.task;
  std::vector<CompactTaskId> tasks;
  std::vector<std::string> sites;
  std::string where;
  if (task != nullptr) {
    tasks.emplace_back(task->compact);
    absl::StrAppend(&where, ", in a step of ", task->DisplayName());
    if (task->operation != nullptr) {
      sites.push_back(PlaceOf(task->operation->site()));
      absl::StrAppend(&where, " at ", sites.back());
    } else {
      sites.push_back(PlaceOf(task->spawned_at));
      absl::StrAppend(&where, ", spawned at ", sites.back());
    }
  }
  Report(absl::StrCat("message ", message, " of ", channel.kind(), " ",
                      absl::Hex(channel.id().AsRaw(), absl::kZeroPad16), " ",
                      what, where),
         std::move(tasks), std::move(sites));
}

bool ChannelAtomicityOracle::TakeOut(Channel& channel, std::uint64_t message) {
  if (message < channel.oldest) return false;
  if (message != channel.oldest) return channel.gone.insert(message).second;
  if (channel.gone.empty()) {
    ++channel.oldest;
    return true;
  }
  if (channel.gone.count(message) != 0) return false;
  do {
    channel.gone.erase(channel.oldest);
    ++channel.oldest;
  } while (channel.gone.count(channel.oldest) != 0);
  return true;
}

void ChannelAtomicityOracle::OnMessageSent(const SharedObject& channel,
                                           std::uint64_t message) {
  Channel& state = At(channel);
  if (message <= state.sent) {
    ReportMessage(channel, message, "was sent twice");
    return;
  }
  state.partial |= message != state.sent + 1;
  state.sent = message;
}

void ChannelAtomicityOracle::OnMessageReceived(const SharedObject& channel,
                                               std::uint64_t message) {
  Channel& state = At(channel);
  // Sent from outside, where nobody saw it.
  state.partial |= message > state.sent;
  const bool overtakes = message > state.oldest && !state.partial;
  const std::uint64_t oldest = state.oldest;
  if (!TakeOut(state, message)) {
    ReportMessage(channel, message,
                  "was delivered after it had been delivered or dropped");
    return;
  }
  if (!overtakes) return;
  for (std::uint64_t older = oldest; older < message; ++older) {
    if (state.gone.count(older) != 0) continue;
    ReportMessage(
        channel, message,
        absl::StrCat("was delivered before message ", older,
                     ", which was sent earlier").c_str());
    return;
  }
}

void ChannelAtomicityOracle::OnMessageDropped(const SharedObject& channel,
                                              std::uint64_t message) {
  Channel& state = At(channel);
  state.partial |= message > state.sent;
  if (!TakeOut(state, message)) {
    ReportMessage(channel, message,
                  "was dropped after it had been delivered or dropped");
  }
}

void ChannelAtomicityOracle::OnChannelGone(const SharedObject& channel,
                                           bool complete) {
  const auto found = channels_.find(channel.id().AsRaw());
  if (found == channels_.end()) return;
  const Channel& state = found->second;
  if (complete && !state.partial) {
    for (std::uint64_t message = state.oldest; message <= state.sent;
         ++message) {
      if (state.gone.count(message) != 0) continue;
      ReportMessage(channel, message,
                    "was lost: it was sent, and neither delivered nor dropped "
                    "when the channel was gone");
      break;
    }
  }
  channels_.erase(found);
}

}  // namespace asupersync
