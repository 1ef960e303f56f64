#include "asupersync/lab/oracles/channel_atomicity.h"

#include <string>

#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/shared_object.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::HasSubstr;

// The runtime is told of messages as a channel would tell it.
class ChannelAtomicityTest : public ::testing::Test {
 protected:
  RuntimeObserver& observer() { return *runtime_.observer(); }
  void Send(std::uint64_t message) {
    observer().OnMessageSent(channel_, message);
  }
  void Receive(std::uint64_t message) {
    observer().OnMessageReceived(channel_, message);
  }
  void Drop(std::uint64_t message) {
    observer().OnMessageDropped(channel_, message);
  }
  void End(bool complete = true) {
    observer().OnChannelGone(channel_, complete);
  }
  // What was found, if it is one thing.
  std::string Found() const {
    if (runtime_.violations().empty()) return "";
    if (runtime_.violations().size() > 1) return "more than one violation";
    return runtime_.violations()[0].message;
  }

  LabRuntime runtime_{LabConfig(1)};
  SharedObject channel_{"channel"};
};

TEST_F(ChannelAtomicityTest, MessagesInOrderAreNoViolation) {
  for (std::uint64_t i = 1; i <= 10; ++i) Send(i);
  for (std::uint64_t i = 1; i <= 10; ++i) Receive(i);
  End();
  EXPECT_EQ(Found(), "");
}

TEST_F(ChannelAtomicityTest, MessagesMayBeDroppedInAnyOrder) {
  for (std::uint64_t i = 1; i <= 4; ++i) Send(i);
  Drop(3);
  Receive(1);
  Drop(2);
  Receive(4);
  End();
  EXPECT_EQ(Found(), "");
}

TEST_F(ChannelAtomicityTest, AMessageThatIsLeftIsLost) {
  Send(1);
  Send(2);
  Receive(1);
  End();
  EXPECT_THAT(Found(), HasSubstr("message 2 of channel"));
  EXPECT_THAT(Found(), HasSubstr("was lost"));
}

TEST_F(ChannelAtomicityTest, AMessageThatIsDeliveredTwiceIsFound) {
  Send(1);
  Receive(1);
  Receive(1);
  EXPECT_THAT(Found(), HasSubstr("after it had been delivered"));
}

TEST_F(ChannelAtomicityTest, AMessageThatIsDeliveredAfterItWasDroppedIsFound) {
  Send(1);
  Send(2);
  Drop(2);
  Receive(1);
  Receive(2);
  EXPECT_THAT(Found(), HasSubstr("message 2 of channel"));
}

TEST_F(ChannelAtomicityTest, AMessageThatIsDroppedAfterItWasDeliveredIsFound) {
  Send(1);
  Receive(1);
  Drop(1);
  EXPECT_THAT(Found(), HasSubstr("was dropped after"));
}

TEST_F(ChannelAtomicityTest, AMessageThatIsSentTwiceIsFound) {
  Send(1);
  Send(1);
  EXPECT_THAT(Found(), HasSubstr("was sent twice"));
}

TEST_F(ChannelAtomicityTest, AMessageThatOvertakesIsFoundOnce) {
  for (std::uint64_t i = 1; i <= 3; ++i) Send(i);
  Receive(2);
  Receive(1);
  Receive(3);
  End();
  EXPECT_THAT(Found(), HasSubstr("message 2 of channel"));
  EXPECT_THAT(Found(), HasSubstr("before message 1, which was sent earlier"));
}

TEST_F(ChannelAtomicityTest, WhatWasDoneOutsideTheRuntimeIsNotJudged) {
  Send(2);     // 1 was sent outside
  Receive(2);  // 1 was received outside
  Send(5);
  End();
  EXPECT_EQ(Found(), "");
  SharedObject other("channel");
  observer().OnMessageSent(other, 1);
  observer().OnChannelGone(other, /*complete=*/false);
  EXPECT_EQ(Found(), "");
}

TEST_F(ChannelAtomicityTest, AChannelThatIsGoneLeavesNothingBehind) {
  Send(1);
  Receive(1);
  End();
  Send(1);  // another channel, which happens to have the same identity
  EXPECT_EQ(Found(), "");
}

}  // namespace
}  // namespace asupersync
