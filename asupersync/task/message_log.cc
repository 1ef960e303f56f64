#include "asupersync/task/message_log.h"

#include <cstdint>

#include "asupersync/task/execution_context.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/runtime_observer.h"

namespace asupersync {

MessageLog::~MessageLog() {
  // Nothing was sent: nothing to tell, which is the cheap common case.
  if (sent_ == 0) return;
  Runtime* runtime = execution_context.runtime;
  if (runtime == nullptr || runtime->observer() == nullptr) return;
  runtime->observer()->OnChannelGone(channel_, complete_);
}

std::uint64_t MessageLog::Sent() {
  ++sent_;
  if (Runtime* runtime = execution_context.runtime) {
    if (RuntimeObserver* observer = runtime->observer()) {
      observer->OnMessageSent(channel_, sent_);
    }
  } else {
    complete_ = false;
  }
  return sent_;
}

void MessageLog::Received(std::uint64_t message) {
  if (Runtime* runtime = execution_context.runtime) {
    if (RuntimeObserver* observer = runtime->observer()) {
      observer->OnMessageReceived(channel_, message);
    }
  } else {
    complete_ = false;
  }
}

void MessageLog::Dropped(std::uint64_t message) {
  if (Runtime* runtime = execution_context.runtime) {
    if (RuntimeObserver* observer = runtime->observer()) {
      observer->OnMessageDropped(channel_, message);
    }
  } else {
    complete_ = false;
  }
}

}  // namespace asupersync
