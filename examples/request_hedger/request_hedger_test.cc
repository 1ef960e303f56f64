// The hedger's promises: how long a request takes without chaos, and, under
// heavy chaos, what holds however slow the replicas are and whoever is
// cancelled.

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "examples/heavy_chaos_fixture.h"
#include "examples/request_hedger/request_hedger.h"
#include "gtest/gtest.h"

namespace {

using asupersync::Cx;
using asupersync::Explore;
using asupersync::Task;
using asupersync::Try;
using request_hedger::HedgeOptions;
using request_hedger::Replica;
using request_hedger::RequestHedger;

constexpr int kReplicas = 3;
constexpr int kClients = 3;
constexpr int kRequestsOfAClient = 2;
constexpr int kExtraMax = 2;

std::string ValueOf(const std::string& key) {
  return absl::StrCat("value of ", key);
}

// What the replicas have seen of one request.
struct Request {
  std::vector<int> asked = std::vector<int>(kReplicas);
  int under_way = 0;
  int answered = 0;
};

struct Log {
  std::map<std::string, Request> requests;
  int under_way = 0;
  int under_way_max = 0;
};

// A connection to a replica, for as long as it is open.
class Connection {
 public:
  Connection(Log& log, Request& request) : log_(log), request_(request) {
    ++request_.under_way;
    log_.under_way_max = std::max(log_.under_way_max, ++log_.under_way);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    --request_.under_way;
    --log_.under_way;
  }

 private:
  Log& log_;
  Request& request_;
};

class FakeReplica : public Replica {
 public:
  FakeReplica(Log& log, int number) : log_(log), number_(number) {}

  Task<absl::StatusOr<std::string>> Get(Cx& cx, std::string key) override {
    Request& request = log_.requests[key];
    ++request.asked[number_];
    Connection connection(log_, request);
    co_await Try(cx.Sleep(TimeFor(cx)));
    if (failures_in_100 > cx.RandomBelow(100)) {
      co_return absl::UnavailableError("the replica is busy");
    }
    ++request.answered;
    co_return ValueOf(key);
  }

  std::uint64_t failures_in_100 = 0;
  // Always as long as this, or random.
  absl::Duration latency = absl::ZeroDuration();

 private:
  absl::Duration TimeFor(Cx& cx) const {
    if (latency != absl::ZeroDuration()) return latency;
    return absl::Milliseconds(cx.RandomBelow(40));
  }

  Log& log_;
  int number_;
};

// Three replicas with their log, and a hedger.
struct World {
  explicit World(const HedgeOptions& options)
      : hedger({&replicas[0], &replicas[1], &replicas[2]}, options) {}

  Log log;
  FakeReplica replicas[kReplicas] = {{log, 0}, {log, 1}, {log, 2}};
  RequestHedger hedger;
};

// What holds when Get() has returned, in the step in which it did.
void ExpectPromisesKept(const Request& request, const HedgeOptions& options,
                        const absl::StatusOr<std::string>& value,
                        const std::string& key) {
  EXPECT_EQ(request.under_way, 0) << "an attempt outlives its request";
  std::size_t attempts = 0;
  for (int asked : request.asked) {
    EXPECT_LE(asked, 1) << "a replica was asked twice";
    attempts += static_cast<std::size_t>(asked);
  }
  EXPECT_LE(attempts, options.attempts_max);
  if (value.ok()) {
    EXPECT_EQ(*value, ValueOf(key));
    EXPECT_GE(request.answered, 1);
  }
}

class RequestHedgerUnderChaos : public HeavyChaosTest {
 protected:
  Task<> BeClient(Cx& cx, World& world, const HedgeOptions& options,
                  int client) {
    for (int i = 0; i < kRequestsOfAClient; ++i) {
      const std::string key = absl::StrCat("key ", client, ".", i);
      const absl::StatusOr<std::string> value =
          co_await world.hedger.Get(cx, key);
      ExpectPromisesKept(world.log.requests[key], options, value, key);
      if (value.ok()) {
        ++answers_;
      } else if (!cx.Checkpoint().ok()) {
        co_return;
      }
    }
  }

  int answers_ = 0;
};

LAB_TEST_F(RequestHedgerUnderChaos, LeavesNothingBehind,
           Explore::Sweep(10000)) {
  const HedgeOptions options = {.hedge_after = absl::Milliseconds(10),
                                .attempts_max = 3,
                                .extra_max = kExtraMax,
                                .timeout = absl::Milliseconds(60)};
  World world(options);
  for (FakeReplica& replica : world.replicas) replica.failures_in_100 = 25;
  auto clients = [&](Cx& cx) -> Task<absl::Status> {
    for (int client = 0; client < kClients; ++client) {
      cx.Spawn("client", [&, client](Cx& cx) {
        return BeClient(cx, world, options, client);
      });
    }
    co_return absl::OkStatus();
  };
  co_await Try(asupersync::Scope(cx, clients));
  EXPECT_EQ(world.log.under_way, 0);
  EXPECT_LE(world.log.under_way_max, kClients + kExtraMax)
      << "more extra attempts than allowed";
  if (answers_ == kClients * kRequestsOfAClient) Count("all answered");
  if (world.log.under_way_max > kClients) Count("hedged to the full");
  co_return absl::OkStatus();
}

// A request takes as long as the luckiest of its attempts, the n-th of which
// begins after n times the hedge delay.
LAB_TEST(RequestHedger, TakesAsLongAsTheFirstAnswer, Explore::Sweep(1000)) {
  const HedgeOptions options = {.attempts_max = kReplicas};
  World world(options);
  absl::Duration expected = absl::InfiniteDuration();
  for (int i = 0; i < kReplicas; ++i) {
    world.replicas[i].latency = absl::Milliseconds(1 + cx.RandomBelow(50));
    expected = std::min(expected, i * options.hedge_after +
                                      world.replicas[i].latency);
  }
  const absl::Time begin = cx.Now();
  const absl::StatusOr<std::string> value =
      co_await world.hedger.Get(cx, "key");
  EXPECT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(cx.Now() - begin, expected);
  ExpectPromisesKept(world.log.requests["key"], options, value, "key");
  co_return absl::OkStatus();
}

LAB_TEST(RequestHedger, GivesUpInTime, Explore::Sweep(100)) {
  const HedgeOptions options = {.timeout = absl::Milliseconds(25)};
  World world(options);
  for (FakeReplica& replica : world.replicas) {
    replica.latency = absl::Seconds(5);
  }
  const absl::Time begin = cx.Now();
  const absl::StatusOr<std::string> value =
      co_await world.hedger.Get(cx, "key");
  EXPECT_TRUE(absl::IsDeadlineExceeded(value.status())) << value.status();
  EXPECT_EQ(cx.Now() - begin, options.timeout);
  ExpectPromisesKept(world.log.requests["key"], options, value, "key");
  co_return absl::OkStatus();
}

}  // namespace
