// A client and a mocked service: what the client asks for, when, and what it
// makes of the answers. The retries take 30 ms of virtual time, and none of
// ours.

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "asupersync/testing/matchers.h"
#include "examples/mocked_service/price_client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace {

using asupersync::ATrace;
using asupersync::CoInvoke;
using asupersync::CoReturn;
using asupersync::CoReturnError;
using asupersync::CoSleepThenReturn;
using asupersync::Cx;
using asupersync::EventsInOrder;
using asupersync::IsCancelled;
using asupersync::IsErr;
using asupersync::IsOkAndHolds;
using asupersync::IsQuiescent;
using asupersync::Task;
using asupersync::TimeAdvanced;
using mocked_service::FetchPrice;
using ::testing::_;

class MockPriceService : public mocked_service::PriceService {
 public:
  MOCK_METHOD(Task<absl::StatusOr<int>>, Fetch, (Cx & cx, std::string item),
              (override));
};

class PriceClientTest : public asupersync::LabTest {
 protected:
  const absl::Status busy_ = absl::UnavailableError("busy");
  MockPriceService service_;
};

LAB_TEST_F(PriceClientTest, AsksAgainWhileTheServiceIsBusy) {
  EXPECT_CALL(service_, Fetch(_, "tea"))
      .WillOnce(CoReturnError(busy_))
      .WillOnce(CoSleepThenReturn(absl::Seconds(1), busy_))
      .WillOnce(CoReturn(42));
  EXPECT_THAT(co_await FetchPrice(cx, service_, "tea"), IsOkAndHolds(42));
  EXPECT_EQ(cx.Now(), absl::UnixEpoch() + absl::Milliseconds(10 + 1000 + 20));
  co_return absl::OkStatus();
}

LAB_TEST_F(PriceClientTest, GivesUpAfterThreeAttempts) {
  EXPECT_CALL(service_, Fetch).Times(3).WillRepeatedly(CoReturnError(busy_));
  EXPECT_THAT(co_await FetchPrice(cx, service_, "tea"),
              IsErr(absl::StatusCode::kUnavailable, "busy"));
  co_return absl::OkStatus();
}

LAB_TEST_F(PriceClientTest, DoesNotRepeatAQuestionThatWasAnswered) {
  EXPECT_CALL(service_, Fetch)
      .WillOnce(CoInvoke([](Cx&, std::string item)
                             -> Task<absl::StatusOr<int>> {
        co_return absl::NotFoundError(item);
      }));
  EXPECT_THAT(co_await FetchPrice(cx, service_, "gold"),
              IsErr(absl::StatusCode::kNotFound, "gold"));
  co_return absl::OkStatus();
}

TEST_F(PriceClientTest, StopsWaitingWhenItIsCancelled) {
  EXPECT_CALL(service_, Fetch).WillOnce(CoReturnError(busy_));
  auto price = runtime().SpawnRoot("client", [&](Cx& cx) {
    return FetchPrice(cx, service_, "tea");
  });
  runtime().RunUntil(absl::UnixEpoch() + absl::Milliseconds(5));
  price.Cancel();
  EXPECT_THAT(runtime().RunUntilQuiescent(), IsQuiescent());
  EXPECT_THAT(price.TakeOutcome(), IsCancelled());
}

TEST_F(PriceClientTest, WaitsTwiceAsLongTheSecondTime) {
  EXPECT_CALL(service_, Fetch).WillRepeatedly(CoReturnError(busy_));
  auto price = runtime().SpawnRoot(
      "client", [&](Cx& cx) { return FetchPrice(cx, service_, "tea"); });
  EXPECT_THAT(runtime().RunUntilQuiescent(), IsQuiescent());
  EXPECT_THAT(price.TakeOutcome(),
              IsErr(absl::StatusCode::kUnavailable, "busy"));
  EXPECT_THAT(runtime().ReplayTraceSoFar(),
              EventsInOrder(ATrace("busy, waiting 10ms"),
                            asupersync::AnEvent<TimeAdvanced>(),
                            ATrace("busy, waiting 20ms"),
                            asupersync::AnEvent<TimeAdvanced>()));
}

}  // namespace
