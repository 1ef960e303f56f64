#include "asupersync/testing/lab_test.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;

class PipelineTest : public LabTest {
 protected:
  std::vector<int> received_;
};

Task<absl::Status> Produce(Cx& cx, mpsc::Sender<int> tx) {
  for (int i = 0; i < 3; ++i) {
    auto permit = co_await Try(tx.Reserve(cx));
    permit.Send(i);
    co_await Try(cx.Sleep(absl::Milliseconds(100)));
  }
  co_return absl::OkStatus();
}

TEST_F(PipelineTest, ClassicFormRunsTasks) {
  runtime().SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = mpsc::Channel<int>(10);
    cx.Spawn([tx = std::move(tx)](Cx& cx) mutable {
      return Produce(cx, std::move(tx));
    });
    for (int i = 0; i < 3; ++i) {
      received_.push_back(co_await Try(rx.Recv(cx)));
    }
    co_return absl::OkStatus();
  });
  runtime().RunUntilQuiescent();
  EXPECT_THAT(received_, ElementsAre(0, 1, 2));
}

LAB_TEST_F(PipelineTest, BodyIsACoroutine) {
  auto [tx, rx] = mpsc::Channel<int>(10);
  auto producer = cx.Spawn([tx = std::move(tx)](Cx& cx) mutable {
    return Produce(cx, std::move(tx));
  });
  CO_ASSERT_EQ(co_await Try(rx.Recv(cx)), 0);
  int next = co_await Try(rx.Recv(cx));
  CO_ASSERT_EQ(next, 1) << "the second message";
  co_return (co_await producer.Join(cx)).status();
}

LAB_TEST_F(PipelineTest, SweepMakesAFreshFixtureEachTime,
           Explore::Sweep(20)) {
  CO_ASSERT_TRUE(received_.empty());
  received_.push_back(1);
  co_return absl::OkStatus();
}

LAB_TEST(NoFixture, StartsAtTheEpoch) {
  CO_ASSERT_EQ(cx.Now(), absl::UnixEpoch());
  co_return absl::OkStatus();
}

class CapacityTest : public LabTestWithParam<int> {};

LAB_TEST_P(CapacityTest, ChannelsHoldTheirCapacity) {
  auto [tx, rx] = mpsc::Channel<int>(GetParam());
  for (int i = 0; i < GetParam(); ++i) co_await Try(tx.Send(cx, i));
  for (int i = 0; i < GetParam(); ++i) {
    CO_ASSERT_EQ(co_await Try(rx.Recv(cx)), i);
  }
  co_return absl::OkStatus();
}

INSTANTIATE_TEST_SUITE_P(Small, CapacityTest, ::testing::Values(1, 2, 7));

template <class T>
class TypedLabTest : public LabTest {};
using Types = ::testing::Types<int, long>;
TYPED_TEST_SUITE(TypedLabTest, Types);

TYPED_TEST(TypedLabTest, HasARuntime) {
  TypeParam value = 0;
  this->runtime().SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_await Try(cx.Yield());
    value = 1;
    co_return absl::OkStatus();
  });
  this->runtime().RunUntilQuiescent();
  EXPECT_EQ(value, 1);
}

}  // namespace
}  // namespace asupersync
