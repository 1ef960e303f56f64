#include "asupersync/lab/ambient_guard.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/fatal.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/lab/stack_frames.h"
#include "asupersync/task/execution_context.h"
#include "asupersync/task/task_node.h"
#include "asupersync/trace/site_table.h"

namespace asupersync {
namespace {

constexpr std::size_t kFramesMax = 128;
// How far from the caught function a library's own sampling can stand.
constexpr std::size_t kSamplingFramesMax = 6;

struct ThreadState {
  AmbientGuard* guard;
  AllowAmbient* allowed;
  bool busy;  // a report is being made
};
constinit thread_local ThreadState thread_state = {};

// Written once, before main() or when a library is loaded.
constinit bool linked = false;

bool IsRuntime(absl::string_view name) {
  return absl::StartsWith(name, "asupersync::CallChain::Resume") ||
         absl::StartsWith(name, "asupersync::Runtime::") ||
         absl::StartsWith(name, "asupersync::LabRuntime::");
}

// Abseil samples one in many of its objects and takes the time of that.
bool IsSampling(absl::string_view name) {
  return absl::StrContains(name, "cord_internal::Cordz") ||
         absl::StrContains(name, "container_internal::Hashtablez");
}

const char* Instead(AmbientKind kind) {
  switch (kind) {
    case AmbientKind::kClock:
      return "cx.Now(), which is virtual time";
    case AmbientKind::kRandom:
      return "cx.Random(), whose values the seed decides";
    case AmbientKind::kThread:
      return "cx.Spawn(), whose tasks the seed schedules";
    case AmbientKind::kSleep:
      return "cx.Sleep(), which waits in virtual time";
  }
  return "the Cx";
}

std::string OperationPlace(const TaskNode& task) {
  const Site site = task.runtime().recorder().sites().Get(task.site);
  if (task.site == SiteId() || site.file.empty()) return "an unknown place";
  return absl::StrCat(site.file, ":", site.line);
}

}  // namespace

const char* Name(AmbientKind kind) {
  switch (kind) {
    case AmbientKind::kClock:
      return "clock";
    case AmbientKind::kRandom:
      return "random";
    case AmbientKind::kThread:
      return "thread";
    case AmbientKind::kSleep:
      return "sleep";
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& out, AmbientKind kind) {
  return out << Name(kind);
}

std::string AmbientCall::ToString() const {
  std::string text = absl::StrCat(
      "ambient authority: ", task, " called ", function, " in step ", step,
      ", which began at ", operation, "\n");
  if (allowed_because.empty()) {
    absl::StrAppend(&text, "  instead, call ", Instead(kind),
                    "; where it can do no harm, allow it with\n"
                    "  asupersync::AllowAmbient allow(\"why\");\n");
  } else {
    absl::StrAppend(&text, "  allowed: ", allowed_because, "\n");
  }
  absl::StrAppend(&text, "  stack:\n");
  for (const std::string& frame : stack) {
    absl::StrAppend(&text, "    ", frame, "\n");
  }
  return text;
}

AmbientGuard::AmbientGuard(Report report)
    : report_(std::move(report)), outer_(thread_state.guard) {
  thread_state.guard = this;
}

AmbientGuard::~AmbientGuard() {
  AmbientGuard** link = &thread_state.guard;
  while (*link != nullptr && *link != this) link = &(*link)->outer_;
  if (*link == this) *link = outer_;
}

void AmbientGuard::Forget() {
  seen_stacks_.clear();
  seen_sites_.clear();
}

bool AmbientGuard::Linked() { return linked; }

void AmbientGuard::SetLinked() { linked = true; }

void AmbientGuard::Note(AmbientKind kind, const char* function, void* caller) {
  ThreadState& state = thread_state;
  const TaskNode* task = execution_context.task;
  if (state.guard == nullptr || state.busy || task == nullptr ||
      execution_context.runtime == nullptr) {
    return;
  }
  state.busy = true;
  const std::string* why = nullptr;
  for (AllowAmbient* allow = state.allowed; allow != nullptr;
       allow = allow->next_) {
    if (allow->task_ == nullptr || allow->task_ == task) why = &allow->why_;
  }
  AmbientGuard& guard = *state.guard;
  if ((why == nullptr || guard.report_allowed_) &&
      dynamic_cast<LabRuntime*>(execution_context.runtime) != nullptr) {
    guard.Notice(kind, function, caller, *task, why);
  }
  state.busy = false;
}

void AmbientGuard::Notice(AmbientKind kind, const char* function, void* caller,
                          const TaskNode& task,
                          const std::string* allowed_because) {
  std::vector<void*> stack(kFramesMax);
  stack.resize(CaptureStack(caller, stack.data(), stack.size()));
  // Looking up names is slow, and most calls are made again and again.
  if (!seen_stacks_.insert(stack).second) return;
  AmbientCall call;
  std::vector<void*> site;
  for (void* frame : stack) {
    const std::string name = FunctionOf(frame);
    if (IsRuntime(name)) break;
    if (site.size() < kSamplingFramesMax && IsSampling(name)) return;
    site.push_back(frame);
    call.stack.push_back(DescribeFrame(frame));
  }
  if (!seen_sites_.insert(std::move(site)).second) return;
  call.kind = kind;
  call.function = function;
  call.task = task.DisplayName();
  call.step = task.runtime().recorder().tick();
  call.operation = OperationPlace(task);
  if (allowed_because != nullptr) call.allowed_because = *allowed_because;
  report_(call);
}

AllowAmbient::AllowAmbient(absl::string_view why)
    : why_(why),
      task_(execution_context.runtime == nullptr ? nullptr
                                                 : execution_context.task),
      next_(thread_state.allowed) {
  if (why_.empty()) {
    Fatal("AllowAmbient needs a reason that a reader can judge");
  }
  if (next_ != nullptr) next_->previous_ = this;
  thread_state.allowed = this;
}

AllowAmbient::~AllowAmbient() {
  if (next_ != nullptr) next_->previous_ = previous_;
  (previous_ == nullptr ? thread_state.allowed : previous_->next_) = next_;
}

}  // namespace asupersync
