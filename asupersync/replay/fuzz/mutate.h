// Mutate changes an input a little: what the corpus driver does where there is
// no libFuzzer.
//
//   Prng prng(seed);
//   std::string changed = Mutate(file, other_file, prng);
//
// Determinism: a function of its arguments. The result is at most twice as
// long as the input and 64 bytes.
#ifndef ASUPERSYNC_REPLAY_FUZZ_MUTATE_H_
#define ASUPERSYNC_REPLAY_FUZZ_MUTATE_H_

#include <string>

#include "asupersync/base/prng.h"

namespace asupersync {

// One to four changes: a flipped bit, a byte or a number of 2, 4 or 8 bytes
// set to one of those that programs trip over, bytes removed, repeated, taken
// from `other`, or the rest cut off.
std::string Mutate(std::string input, const std::string& other, Prng& prng);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_FUZZ_MUTATE_H_
