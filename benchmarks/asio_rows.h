#ifndef ASUPERSYNC_BENCHMARKS_ASIO_ROWS_H_
#define ASUPERSYNC_BENCHMARKS_ASIO_ROWS_H_

#include <cstdint>

#include "benchmarks/sample.h"

// Boost.Asio's side of each row of peers_benchmark, written as one would for
// speed: one thread, an io_context without locks
// (BOOST_ASIO_CONCURRENCY_HINT_UNSAFE), the io_context's own executor in place
// of any_io_executor, channels without locks, and results as tuples where an
// error is expected, so that nothing throws.

namespace asupersync {
namespace benchmarks {

// co_spawn(child, use_awaitable), one after the other.
Sample AsioSpawnJoin(std::int64_t count);
// co_spawn of `count` children before the first of them runs; a callback of
// each counts down.
Sample AsioSpawnAllJoinAll(std::int64_t count);
// 100 coroutines co_await post(use_awaitable).
Sample AsioYield(std::int64_t count);
// 100 plain callbacks post themselves again: no coroutine at all.
Sample AsioPost(std::int64_t count);
// experimental::channel between two coroutines.
Sample AsioChannel1(std::int64_t count);
Sample AsioChannel64(std::int64_t count);
// Asio has no lock for coroutines. Its users build one from a channel of one
// message: sending takes the lock, try_receive gives it back.
Sample AsioChannelHandOff(std::int64_t count);
// `count` timers with callbacks. steady_timer but for its clock, which is a
// variable: it costs nothing to read, and all timers become due at once, so
// that one system call serves them all.
Sample AsioTimers(std::int64_t count, TimerPhase phase);
// `count` coroutines co_await such timers, three times.
Sample AsioSleep(std::int64_t count);
// The root of a tree of parallel groups is cancelled by its signal.
Sample AsioCancelTree(std::int64_t depth);

// Resident bytes of each of `count` coroutines that wait for a timer, or to
// receive from one channel.
double AsioSleepingBytes(std::int64_t count);
double AsioWaitingBytes(std::int64_t count);

}  // namespace benchmarks
}  // namespace asupersync

#endif  // ASUPERSYNC_BENCHMARKS_ASIO_ROWS_H_
