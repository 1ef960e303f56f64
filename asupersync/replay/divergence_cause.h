#ifndef ASUPERSYNC_REPLAY_DIVERGENCE_CAUSE_H_
#define ASUPERSYNC_REPLAY_DIVERGENCE_CAUSE_H_

#include <string>

#include "asupersync/trace/event.h"

// What has probably been changed in a program that leaves its trace, in words
// for people. Guesses from two events, as a reader of the report would make
// them; which events differ is never a guess.

namespace asupersync {

// Why this event is not there any more.
const char* WhatIsMissing(const ReplayEvent& expected);

// Why `actual` came where `expected` was recorded. REQUIRES: they differ.
// `is_first`: no event agreed before. `comes_later`: the trace goes on with one
// such as `actual`, so that rather `expected` is gone than `actual` new.
std::string CauseOfDifference(const EventRecord& expected,
                              const EventRecord& actual, bool is_first,
                              bool comes_later);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_DIVERGENCE_CAUSE_H_
