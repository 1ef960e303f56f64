// ResealTrace makes the checks of a changed trace file right again: those of
// its metadata, section headers, payloads, and its digest. Without that, nearly
// every changed byte is refused at a check, and what is behind the checks is
// never attacked: who forges a trace computes them, too.
//
//   std::string forged = ResealTrace(mutated);
//
// Only what can be framed is resealed: it ends at the first section whose mark
// is not there or that is longer than the file. All lengths stay.
//
// Determinism: a pure function. Cost: O(bytes).
#ifndef ASUPERSYNC_REPLAY_FUZZ_RESEAL_TRACE_H_
#define ASUPERSYNC_REPLAY_FUZZ_RESEAL_TRACE_H_

#include <string>

namespace asupersync {

std::string ResealTrace(std::string bytes);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_FUZZ_RESEAL_TRACE_H_
