#include "benchmarks/asio_rows.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "benchmarks/random_deadlines.h"
#include "benchmarks/resident_bytes.h"
#include "benchmarks/sample.h"
#include "boost/asio/as_tuple.hpp"
#include "boost/asio/awaitable.hpp"
#include "boost/asio/basic_waitable_timer.hpp"
#include "boost/asio/bind_cancellation_slot.hpp"
#include "boost/asio/cancellation_signal.hpp"
#include "boost/asio/co_spawn.hpp"
#include "boost/asio/deferred.hpp"
#include "boost/asio/detached.hpp"
#include "boost/asio/experimental/channel.hpp"
#include "boost/asio/experimental/parallel_group.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/this_coro.hpp"
#include "boost/asio/use_awaitable.hpp"
#include "boost/system/error_code.hpp"

namespace asupersync {
namespace benchmarks {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

using Executor = asio::io_context::executor_type;
template <class T = void>
using Awaitable = asio::awaitable<T, Executor>;
constexpr asio::use_awaitable_t<Executor> kAwait;
constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> kAwaitTuple(
    kAwait);
using Channel = asio::experimental::channel<Executor, void(error_code, int)>;

// A clock that is set by hand.
struct SetClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SetClock>;
  [[maybe_unused]] static constexpr bool is_steady = true;
  static time_point now() { return current; }
  static inline time_point current{};
};
using Timer = asio::basic_waitable_timer<
    SetClock, asio::wait_traits<SetClock>, Executor>;

SetClock::time_point At(std::int64_t ns) {
  return SetClock::time_point(std::chrono::nanoseconds(ns));
}

class Context {
 public:
  Context()
      : context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE), first_(executor()) {
    SetClock::current = At(0);
  }
  Executor executor() { return context_.get_executor(); }
  template <class T>
  void Spawn(Awaitable<T> coroutine) {
    asio::co_spawn(executor(), std::move(coroutine), asio::detached);
  }
  // Runs all that is ready.
  void Poll() {
    context_.restart();
    context_.poll();
  }
  // Sets the clock first.
  void PollAt(std::int64_t ns) {
    SetClock::current = At(ns);
    // Asio looks at its timers when the kernel's timer has expired, which it
    // sets again for each new first one.
    first_.expires_at(At(0));
    first_.async_wait([](error_code) {});
    Poll();
  }
  Sample MeasuredPoll(std::int64_t units) {
    return Measured(units, [&] { Poll(); });
  }

 private:
  asio::io_context context_;
  Timer first_;
};

Awaitable<int> One() { co_return 1; }

// Calls itself from the executor's queue.
struct Again {
  Executor executor;
  std::int64_t left;
  void operator()() {
    if (--left > 0) asio::post(executor, Again{executor, left});
  }
};

Sample AsioChannel(std::int64_t count, std::size_t capacity) {
  Context context;
  Channel channel(context.executor(), capacity);
  context.Spawn([](Channel& channel, std::int64_t count) -> Awaitable<> {
    for (std::int64_t i = 0; i < count; ++i) {
      co_await channel.async_send(error_code(), 1, kAwait);
    }
  }(channel, count));
  context.Spawn([](Channel& channel, std::int64_t count) -> Awaitable<> {
    for (std::int64_t i = 0; i < count; ++i) {
      co_await channel.async_receive(kAwait);
    }
  }(channel, count));
  return context.MeasuredPoll(count);
}

// A node of the tree, with everything below it.
Awaitable<> Grow(Executor executor, std::int64_t depth) {
  co_await asio::this_coro::throw_if_cancelled(false);
  if (depth == 0) {
    Timer timer(executor, At(kLastDeadline));
    co_await timer.async_wait(kAwaitTuple);
    co_return;
  }
  auto child = [&] {
    return asio::co_spawn(executor, Grow(executor, depth - 1),
                          asio::deferred);
  };
  std::vector<decltype(child())> children;
  children.reserve(kTreeFanOut);
  for (std::int64_t i = 0; i < kTreeFanOut; ++i) children.push_back(child());
  co_await asio::experimental::make_parallel_group(std::move(children))
      .async_wait(asio::experimental::wait_for_all(), kAwaitTuple);
}

template <class F>
double ParkedBytes(std::int64_t count, Context& context, const F& make) {
  const std::size_t before = ResidentBytes();
  for (std::int64_t i = 0; i < count; ++i) context.Spawn(make());
  context.Poll();
  return static_cast<double>(ResidentBytes() - before) /
         static_cast<double>(count);
}

}  // namespace

Sample AsioSpawnJoin(std::int64_t count) {
  Context context;
  context.Spawn([](Executor executor, std::int64_t count) -> Awaitable<> {
    for (std::int64_t i = 0; i < count; ++i) {
      co_await asio::co_spawn(executor, One(), kAwait);
    }
  }(context.executor(), count));
  return context.MeasuredPoll(count);
}

Sample AsioSpawnAllJoinAll(std::int64_t count) {
  Context context;
  std::int64_t left = count;
  return Measured(count, [&] {
    for (std::int64_t i = 0; i < count; ++i) {
      asio::co_spawn(context.executor(), One(),
                     [&left](std::exception_ptr, int) { --left; });
    }
    context.Poll();
  });
}

Sample AsioYield(std::int64_t count) {
  constexpr std::int64_t kTasks = 100;
  Context context;
  for (std::int64_t i = 0; i < kTasks; ++i) {
    context.Spawn([](Executor executor, std::int64_t rounds) -> Awaitable<> {
      for (std::int64_t i = 0; i < rounds; ++i) {
        co_await asio::post(executor, kAwait);
      }
    }(context.executor(), count / kTasks));
  }
  return context.MeasuredPoll(count);
}

Sample AsioPost(std::int64_t count) {
  constexpr std::int64_t kTasks = 100;
  Context context;
  for (std::int64_t i = 0; i < kTasks; ++i) {
    asio::post(context.executor(), Again{context.executor(), count / kTasks});
  }
  return context.MeasuredPoll(count);
}

Sample AsioChannel1(std::int64_t count) { return AsioChannel(count, 1); }
Sample AsioChannel64(std::int64_t count) { return AsioChannel(count, 64); }

Sample AsioChannelHandOff(std::int64_t count) {
  constexpr std::int64_t kTasks = 8;
  Context context;
  Channel lock(context.executor(), 1);
  for (std::int64_t i = 0; i < kTasks; ++i) {
    context.Spawn([](Executor executor, Channel& lock,
                     std::int64_t rounds) -> Awaitable<> {
      for (std::int64_t i = 0; i < rounds; ++i) {
        co_await lock.async_send(error_code(), 1, kAwait);
        co_await asio::post(executor, kAwait);
        lock.try_receive([](error_code, int) {});
      }
    }(context.executor(), lock, count / kTasks));
  }
  return context.MeasuredPoll(count);
}

Sample AsioTimers(std::int64_t count, TimerPhase phase) {
  Context context;
  std::int64_t ended_timers = 0;
  std::vector<std::unique_ptr<Timer>> timers;
  for (std::int64_t i = 0; i < count; ++i) {
    timers.push_back(std::make_unique<Timer>(context.executor()));
  }
  const std::vector<std::int64_t> deadlines = RandomDeadlines(count);
  const Sample armed = Measured(count, [&] {
    for (std::int64_t i = 0; i < count; ++i) {
      timers[i]->expires_at(At(deadlines[i]));
      timers[i]->async_wait([&ended_timers](error_code) { ++ended_timers; });
    }
  });
  Sample ended;
  if (phase == TimerPhase::kFire) {
    ended = Measured(count, [&] { context.PollAt(kLastDeadline); });
  } else {
    Shuffle(timers);
    ended = Measured(count, [&] {
      for (auto& timer : timers) timer->cancel();
      // Asio tells each callback.
      context.Poll();
    });
  }
  return phase == TimerPhase::kArm ? armed : ended;
}

Sample AsioSleep(std::int64_t count) {
  constexpr int kRounds = 3;
  Context context;
  const std::vector<std::int64_t> deadlines = RandomDeadlines(count);
  for (std::int64_t i = 0; i < count; ++i) {
    context.Spawn([](Executor executor, std::int64_t nap) -> Awaitable<> {
      Timer timer(executor);
      for (int round = 0; round <= kRounds; ++round) {
        timer.expires_at(At(nap + round * kLastDeadline));
        co_await timer.async_wait(kAwait);
      }
    }(context.executor(), deadlines[i]));
  }
  context.Poll();
  context.PollAt(kLastDeadline);
  return Measured(count * kRounds, [&] {
    for (int round = 1; round <= kRounds; ++round) {
      context.PollAt((round + 1) * kLastDeadline);
    }
  });
}

Sample AsioCancelTree(std::int64_t depth) {
  Context context;
  asio::cancellation_signal signal;
  asio::co_spawn(context.executor(), Grow(context.executor(), depth),
                 asio::bind_cancellation_slot(signal.slot(), asio::detached));
  context.Poll();
  return Measured(TreeSize(kTreeFanOut, static_cast<int>(depth)), [&] {
    signal.emit(asio::cancellation_type::terminal);
    context.Poll();
  });
}

double AsioSleepingBytes(std::int64_t count) {
  Context context;
  return ParkedBytes(count, context, [&] {
    return [](Executor executor) -> Awaitable<> {
      Timer timer(executor, At(kLastDeadline));
      co_await timer.async_wait(kAwait);
    }(context.executor());
  });
}

double AsioWaitingBytes(std::int64_t count) {
  Context context;
  Channel channel(context.executor(), 0);
  return ParkedBytes(count, context, [&] {
    return [](Channel& channel) -> Awaitable<> {
      co_await channel.async_receive(kAwait);
    }(channel);
  });
}

}  // namespace benchmarks
}  // namespace asupersync
