#ifndef ASUPERSYNC_TASK_LIVE_PROBE_H_
#define ASUPERSYNC_TASK_LIVE_PROBE_H_

namespace asupersync {

// Counts the objects of its type that are alive: for tests that prove that
// frames, parameters, captures and results are destroyed exactly once.
//
//   const int before = LiveProbe::alive();
//   { LiveProbe probe; ... }
//   EXPECT_EQ(LiveProbe::alive(), before);
//
// Move-only, so that it also proves that nothing copies.
class LiveProbe {
 public:
  LiveProbe() { ++alive_; }
  LiveProbe(LiveProbe&&) noexcept { ++alive_; }
  LiveProbe& operator=(LiveProbe&&) noexcept { return *this; }
  ~LiveProbe() { --alive_; }

  static int alive() { return alive_; }

 private:
  static inline thread_local int alive_ = 0;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_LIVE_PROBE_H_
