// The broker's promise under heavy chaos: publishers and subscribers come, are
// delayed and are cancelled at any operation, and the broker is closed at a
// random time; what was acknowledged reaches everybody who is still there, or
// he knows that he has missed it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "examples/heavy_chaos_fixture.h"
#include "examples/pub_sub/broker.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace {

using asupersync::Cx;
using asupersync::Explore;
using asupersync::Task;
using asupersync::Try;
using pub_sub::Broker;
using pub_sub::Message;
using pub_sub::Subscription;
using ::testing::ElementsAre;

constexpr int kPublishers = 2;
constexpr int kMessagesOfAPublisher = 4;
constexpr int kSubscribers = 3;

std::string RandomTopic(Cx& cx) {
  return cx.RandomBelow(3) == 0 ? "sports" : "news";
}

// What a subscriber has seen.
struct Received {
  std::string topic;
  std::uint64_t first = 0;
  std::uint64_t missed = 0;
  std::vector<Message> messages;
  bool to_the_end = false;
};

struct Log {
  // By topic and number: the texts of the messages that were acknowledged.
  std::map<std::string, std::map<std::uint64_t, std::string>> acknowledged;
  bool acknowledged_twice = false;
  std::vector<Received> received = std::vector<Received>(kSubscribers);
};

Task<> BePublisher(Cx& cx, Broker& broker, Log& log, int publisher) {
  for (int i = 0; i < kMessagesOfAPublisher; ++i) {
    const std::string topic = RandomTopic(cx);
    const std::string text = absl::StrCat(publisher, ".", i);
    absl::Status slept =
        co_await cx.Sleep(absl::Milliseconds(cx.RandomBelow(5)));
    if (!slept.ok()) co_return;
    const absl::StatusOr<std::uint64_t> number =
        co_await broker.Publish(cx, topic, text);
    if (!number.ok()) co_return;
    log.acknowledged_twice |=
        !log.acknowledged[topic].emplace(*number, text).second;
  }
}

Task<> BeSubscriber(Cx& cx, Broker& broker, Received& received) {
  absl::Status slept =
      co_await cx.Sleep(absl::Milliseconds(cx.RandomBelow(10)));
  if (!slept.ok()) co_return;
  received.topic = RandomTopic(cx);
  absl::StatusOr<Subscription> subscription = broker.Subscribe(received.topic);
  if (!subscription.ok()) co_return;
  received.first = subscription->first();
  for (;;) {
    const absl::StatusOr<Message> message = co_await subscription->Next(cx);
    received.missed = subscription->missed();
    if (!message.ok()) {
      received.to_the_end = absl::IsOutOfRange(message.status());
      co_return;
    }
    received.messages.push_back(*message);
  }
}

void ExpectPromisesKept(const Received& received, const Log& log) {
  std::uint64_t next = received.first;
  const auto topic = log.acknowledged.find(received.topic);
  const std::uint64_t published =
      topic == log.acknowledged.end() ? 0 : topic->second.size();
  for (const Message& message : received.messages) {
    EXPECT_GE(message.number, next) << "out of order, or delivered twice";
    next = message.number + 1;
    if (topic == log.acknowledged.end() ||
        topic->second.count(message.number) == 0) {
      ADD_FAILURE() << "delivered, but never acknowledged";
      continue;
    }
    EXPECT_EQ(message.text, topic->second.at(message.number));
  }
  if (!received.to_the_end) return;
  EXPECT_EQ(received.first + received.messages.size() + received.missed,
            published)
      << "an acknowledged message was lost";
}

// Tasks that publish and subscribe; the broker is closed in the midst of it.
Task<absl::Status> RunBroker(Cx& cx, Log& log) {
  Broker broker(/*messages_kept=*/2);
  auto clients = [&](Cx& cx) -> Task<absl::Status> {
    for (Received& received : log.received) {
      cx.Spawn("subscriber", [&broker, &received](Cx& cx) {
        return BeSubscriber(cx, broker, received);
      });
    }
    for (int publisher = 0; publisher < kPublishers; ++publisher) {
      cx.Spawn("publisher", [&broker, &log, publisher](Cx& cx) {
        return BePublisher(cx, broker, log, publisher);
      });
    }
    absl::Status slept =
        co_await cx.Sleep(absl::Milliseconds(5 + cx.RandomBelow(30)));
    broker.Close();
    co_return slept;
  };
  co_return co_await asupersync::Scope(cx, clients);
}

class BrokerUnderChaos : public HeavyChaosTest {};

LAB_TEST_F(BrokerUnderChaos, LosesNothingThatItAcknowledged,
           Explore::Sweep(10000)) {
  Log log;
  co_await Try(RunBroker(cx, log));
  EXPECT_FALSE(log.acknowledged_twice);
  bool missed = false;
  bool all_to_the_end = true;
  for (const Received& received : log.received) {
    ExpectPromisesKept(received, log);
    missed |= received.missed > 0;
    all_to_the_end &= received.to_the_end;
  }
  if (missed) Count("with a slow subscriber");
  if (all_to_the_end) Count("with all subscribers to the end");
  co_return absl::OkStatus();
}

LAB_TEST(Broker, SaysHowManyMessagesWereMissed) {
  Broker broker(/*messages_kept=*/2);
  Subscription slow = co_await Try(broker.Subscribe("news"));
  for (int i = 0; i < 5; ++i) {
    const std::uint64_t number =
        co_await Try(broker.Publish(cx, "news", absl::StrCat(i)));
    EXPECT_EQ(number, static_cast<std::uint64_t>(i));
  }
  broker.Close();
  std::vector<std::string> texts;
  for (;;) {
    const absl::StatusOr<Message> message = co_await slow.Next(cx);
    if (!message.ok()) {
      EXPECT_TRUE(absl::IsOutOfRange(message.status())) << message.status();
      break;
    }
    texts.push_back(message->text);
  }
  EXPECT_THAT(texts, ElementsAre("3", "4"));
  EXPECT_EQ(slow.missed(), 3u);
  EXPECT_TRUE(absl::IsUnavailable(broker.Subscribe("news").status()));
  co_return absl::OkStatus();
}

}  // namespace
