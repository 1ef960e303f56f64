// Stack traces: of the calling thread, with the names of functions.
//
//   void* frames[64];
//   std::size_t size = CaptureStack(nullptr, frames, 64);
//   for (std::size_t i = 0; i < size; ++i) Print(DescribeFrame(frames[i]));
//
// Names come from the program's symbol table, which `bazel build` leaves in;
// without it frames are offsets.
//
// Determinism: for reports only. Offsets are those in the file, so that the
// same program prints the same lines wherever it was loaded.
#ifndef ASUPERSYNC_LAB_STACK_FRAMES_H_
#define ASUPERSYNC_LAB_STACK_FRAMES_H_

#include <cstddef>
#include <string>

namespace asupersync {

// The calling thread's stack, innermost first, from the frame that returns to
// `caller` on (null: all). Writes at most `max` addresses; returns how many.
// May be called in a signal handler.
std::size_t CaptureStack(void* caller, void** frames, std::size_t max);

// The function alone; empty if it is not known.
std::string FunctionOf(void* frame);

// "Function (file+0xoffset)", for addr2line -e file -f offset.
std::string DescribeFrame(void* frame);

// The same into `out`, cut to `size`, for signal handlers.
void DescribeFrame(void* frame, char* out, std::size_t size);

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_STACK_FRAMES_H_
