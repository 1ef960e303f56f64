#ifndef ASUPERSYNC_TASK_MESSAGE_LOG_H_
#define ASUPERSYNC_TASK_MESSAGE_LOG_H_

#include <cstdint>

#include "asupersync/task/shared_object.h"

namespace asupersync {

// What a channel tells the runtime's observer about its messages, so that an
// oracle can see one that is lost, delivered twice or overtaken.
//
//   entries.push_back({std::move(message), log.Sent()});   // at the commit
//   log.Received(entries.front().number);                  // at the delivery
//   log.Dropped(entry.number);               // nobody will receive it any more
//
// Held by the channel's state beside its SharedObject, which must outlive it;
// its destruction says that the channel is gone.
class MessageLog {
 public:
  explicit MessageLog(const SharedObject& channel) : channel_(channel) {}
  MessageLog(const MessageLog&) = delete;
  MessageLog& operator=(const MessageLog&) = delete;
  ~MessageLog();

  // The number of the next message: 1, 2, ...
  std::uint64_t Sent();
  void Received(std::uint64_t message);
  void Dropped(std::uint64_t message);

 private:
  const SharedObject& channel_;
  std::uint64_t sent_ = 0;
  bool complete_ = true;  // every call so far was within a step
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_MESSAGE_LOG_H_
