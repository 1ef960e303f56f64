#ifndef ASUPERSYNC_EXAMPLES_PUB_SUB_BROKER_H_
#define ASUPERSYNC_EXAMPLES_PUB_SUB_BROKER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"

namespace pub_sub {

struct Message {
  std::uint64_t number = 0;  // of those of its topic, from 0
  std::string text;
};

// Gets the messages of one topic. Ends when it is destroyed.
class Subscription {
 public:
  Subscription(asupersync::broadcast::Receiver<Message> messages,
               std::uint64_t first)
      : messages_(std::move(messages)), first_(first) {}

  // Waits for the next message. OutOfRange when the broker was closed and this
  // has got every message; CancelledError, and then nothing is lost.
  asupersync::Task<absl::StatusOr<Message>> Next(asupersync::Cx& cx);

  // The number of the first message that was published after Subscribe().
  std::uint64_t first() const { return first_; }
  // How many messages it was too slow to get, of those before the last one
  // that Next() gave.
  std::uint64_t missed() const { return missed_; }

 private:
  asupersync::broadcast::Receiver<Message> messages_;
  std::uint64_t first_;
  std::uint64_t missed_ = 0;
};

// Brings messages from publishers to those who have subscribed to their topic.
//
//   Broker broker(/*messages_kept=*/100);
//   Subscription news = co_await Try(broker.Subscribe("news"));
//   std::uint64_t number = co_await Try(broker.Publish(cx, "news", "hello"));
//   Message message = co_await Try(news.Next(cx));
//
// A message that was acknowledged, that is, whose Publish() gave a number,
// reaches every subscription that its topic had then, once and in the order of
// the numbers, or counts as missed there. A publisher never waits for
// subscribers: of each topic the last `messages_kept` messages are kept, and
// who is slower than that misses some.
class Broker {
 public:
  // REQUIRES: messages_kept > 0.
  explicit Broker(std::size_t messages_kept) : messages_kept_(messages_kept) {}

  // Unavailable if the broker is closed.
  absl::StatusOr<Subscription> Subscribe(const std::string& topic);

  // Gives the number of the message. Unavailable if the broker is closed;
  // CancelledError: then nothing was published.
  asupersync::Task<absl::StatusOr<std::uint64_t>> Publish(
      asupersync::Cx& cx, std::string topic, std::string text);

  // Ends every subscription, once it has got what was published. Does not wait.
  void Close();

 private:
  struct Topic {
    // None when the broker is closed.
    std::optional<asupersync::broadcast::Sender<Message>> sender;
    std::uint64_t published = 0;
  };

  // REQUIRES: not closed.
  Topic& Open(const std::string& name);

  const std::size_t messages_kept_;
  bool closed_ = false;
  std::map<std::string, Topic> topics_;  // never removed
};

}  // namespace pub_sub

#endif  // ASUPERSYNC_EXAMPLES_PUB_SUB_BROKER_H_
