#include "examples/pub_sub/broker.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"

namespace pub_sub {

using asupersync::Cx;
using asupersync::Task;
using asupersync::broadcast::Sender;

Task<absl::StatusOr<Message>> Subscription::Next(Cx& cx) {
  for (;;) {
    absl::StatusOr<Message> message = co_await messages_.Recv(cx);
    const std::optional<std::uint64_t> missed =
        asupersync::broadcast::LaggedBy(message.status());
    if (!missed.has_value()) co_return message;
    missed_ += *missed;
  }
}

Broker::Topic& Broker::Open(const std::string& name) {
  Topic& topic = topics_[name];
  if (!topic.sender.has_value()) {
    topic.sender = asupersync::broadcast::Channel<Message>(messages_kept_)
                       .sender;
  }
  return topic;
}

absl::StatusOr<Subscription> Broker::Subscribe(const std::string& topic) {
  if (closed_) return absl::UnavailableError("the broker is closed");
  Topic& opened = Open(topic);
  return Subscription(opened.sender->Subscribe(), opened.published);
}

Task<absl::StatusOr<std::uint64_t>> Broker::Publish(Cx& cx, std::string topic,
                                                    std::string text) {
  if (closed_) co_return absl::UnavailableError("the broker is closed");
  Topic& opened = Open(topic);
  // A sender of its own: who closes the broker meanwhile ends the subscriptions
  // only after this message.
  const Sender<Message> sender = *opened.sender;
  auto permit = co_await sender.Reserve(cx);
  if (absl::IsFailedPrecondition(permit.status())) {
    co_return opened.published++;  // nobody listens
  }
  if (!permit.ok()) co_return permit.status();
  const std::uint64_t number = opened.published++;
  permit->Send(Message{number, std::move(text)});
  co_return number;
}

void Broker::Close() {
  closed_ = true;
  for (auto& [name, topic] : topics_) topic.sender.reset();
}

}  // namespace pub_sub
