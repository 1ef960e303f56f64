#include "asupersync/lab/stack_frames.h"

#include <dlfcn.h>
#include <unwind.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include "absl/debugging/symbolize.h"

namespace asupersync {
namespace {

constexpr std::size_t kNameBytes = 512;

struct Capture {
  void* caller;
  void** frames;
  std::size_t max;
  std::size_t size;
};

_Unwind_Reason_Code OnFrame(_Unwind_Context* context, void* argument) {
  Capture& capture = *static_cast<Capture*>(argument);
  void* const frame = reinterpret_cast<void*>(_Unwind_GetIP(context));
  if (frame == nullptr) return _URC_END_OF_STACK;
  if (frame == capture.caller) {
    // What stands above called the unwinder.
    capture.size = 0;
    capture.caller = nullptr;
  }
  if (capture.size == capture.max) return _URC_END_OF_STACK;
  capture.frames[capture.size++] = frame;
  return _URC_NO_REASON;
}

// A return address points behind its call.
const void* CallOf(void* frame) { return static_cast<char*>(frame) - 1; }

}  // namespace

std::size_t CaptureStack(void* caller, void** frames, std::size_t max) {
  Capture capture{caller, frames, max, 0};
  _Unwind_Backtrace(&OnFrame, &capture);
  return capture.size;
}

std::string FunctionOf(void* frame) {
  char name[kNameBytes];
  if (!absl::Symbolize(CallOf(frame), name, sizeof(name))) return "";
  return name;
}

void DescribeFrame(void* frame, char* out, std::size_t size) {
  if (size == 0) return;
  char name[kNameBytes];
  if (!absl::Symbolize(CallOf(frame), name, sizeof(name))) {
    std::snprintf(name, sizeof(name), "(unknown)");
  }
  Dl_info info;
  const char* file = "?";
  std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(frame);
  if (dladdr(frame, &info) != 0 && info.dli_fname != nullptr) {
    const char* slash = std::strrchr(info.dli_fname, '/');
    file = slash == nullptr ? info.dli_fname : slash + 1;
    offset -= reinterpret_cast<std::uintptr_t>(info.dli_fbase);
  }
  std::snprintf(out, size, "%s (%s+0x%lx)", name, file,
                static_cast<unsigned long>(offset));
}

std::string DescribeFrame(void* frame) {
  char text[kNameBytes + 128];
  DescribeFrame(frame, text, sizeof(text));
  return text;
}

}  // namespace asupersync
