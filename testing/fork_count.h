#ifndef ASUPERSYNC_TESTING_FORK_COUNT_H_
#define ASUPERSYNC_TESTING_FORK_COUNT_H_

namespace asupersync {
namespace testing_internal {

// How many fork()s lie between this process and the one that called this first:
// a process whose number has changed is another one. getpid() tells that, too,
// but is a system call, which is much for each execution of a sweep. Only
// fork() counts, not clone() without the C library.
//
// Any thread may call it.
int ForkCount();

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_FORK_COUNT_H_
