#ifndef ASUPERSYNC_EXAMPLES_MESSAGE_ORDERING_OUTBOX_H_
#define ASUPERSYNC_EXAMPLES_MESSAGE_ORDERING_OUTBOX_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"

namespace message_ordering {

// Where workers deliver messages, numbered in the order in which they go out.
struct Outbox {
  asupersync::mpsc::Sender<int> messages;
  int next_number = 0;
};

// Delivers one message.
using Deliver = asupersync::Task<absl::Status> (*)(asupersync::Cx& cx,
                                                   Outbox& outbox);

// Lets two workers deliver a message each; the numbers as they arrived.
asupersync::Task<absl::StatusOr<std::vector<int>>> RunTwoWorkers(
    asupersync::Cx& cx, Deliver deliver);

}  // namespace message_ordering

#endif  // ASUPERSYNC_EXAMPLES_MESSAGE_ORDERING_OUTBOX_H_
