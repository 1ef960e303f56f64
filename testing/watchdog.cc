#include "asupersync/testing/watchdog.h"

#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "asupersync/lab/stack_frames.h"
#include "asupersync/testing/crash_signals.h"
#include "asupersync/testing/fork_count.h"

namespace asupersync {
namespace testing_internal {
namespace {

constexpr std::size_t kFramesMax = 100;
// How long the stuck thread takes to answer the signal, how long it stands
// still, and how long the report may take in all.
constexpr int kAnswerSeconds = 3;
constexpr int kStandStillSeconds = 2;
constexpr unsigned kReportSeconds = 15;

// Rarely used by programs; the last two are glibc's and valgrind's choice.
int Signal() { return SIGRTMAX - 3; }

enum class Answer : int { kNone, kNoStep, kStuck };

// What the signal handler and the watchdog's thread tell each other. One
// watchdog asks at a time.
struct Conversation {
  const LabRuntime* runtime;
  std::uint64_t steps;
  const char* test_id;
  const char* bound;
  std::atomic<Answer> answer;
  sem_t answered;
  void* frames[kFramesMax];
  std::size_t size;
  const TaskNode* task;
};
constinit Conversation conversation = {};

// Straight to the kernel: no lock, no buffer.
void Print(const char* text, std::size_t size) {
  while (size > 0) {
    const ssize_t written = write(STDERR_FILENO, text, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text += written;
    size -= static_cast<std::size_t>(written);
  }
}
void Print(const char* text) { Print(text, std::strlen(text)); }
void Print(const std::string& text) { Print(text.data(), text.size()); }

bool IsOfRuntime(void* frame) {
  char line[700];
  DescribeFrame(frame, line, sizeof(line));
  for (const char* start : {"asupersync::CallChain::Resume",
                            "asupersync::Runtime::",
                            "asupersync::LabRuntime::"}) {
    if (std::strncmp(line, start, std::strlen(start)) == 0) return true;
  }
  return false;
}

// Below the step stand the runtime, GoogleTest and main(), the same for every
// step. Frames of the runtime that the step itself has called stay.
void CutStack() {
  std::size_t end = conversation.size;
  for (std::size_t i = conversation.size; i-- > 1;) {
    if (IsOfRuntime(conversation.frames[i])) {
      end = i;
    } else if (end != conversation.size) {
      break;
    }
  }
  conversation.size = end;
}

void PrintStack() {
  char line[700];
  for (std::size_t i = 0; i < conversation.size; ++i) {
    DescribeFrame(conversation.frames[i], line, sizeof(line));
    Print("    ");
    Print(line);
    Print("\n");
  }
}

void PrintStuckStep(const TaskNode& task) {
  char text[200];
  Print("\nasupersync: WATCHDOG: ");
  Print(conversation.test_id);
  std::snprintf(text, sizeof(text), ": step %llu of T%u",
                static_cast<unsigned long long>(conversation.steps),
                static_cast<unsigned>(task.compact));
  Print(text);
  if (task.extras != nullptr && task.extras->name != nullptr) {
    Print(" '");
    Print(*task.extras->name);
    Print("'");
  }
  Print(" has not returned for ");
  Print(conversation.bound);
  Print("\n  stack:\n");
  PrintStack();
}

// Not nanosleep(), which AmbientGuard would notice.
void StandStill() {
  const timespec pause = {0, 100'000'000};
  for (int i = 0; i < kStandStillSeconds * 10; ++i) {
    syscall(SYS_nanosleep, &pause, nullptr);
  }
}

// On the thread that is watched.
void OnSignal(int, siginfo_t*, void* context) {
  const int saved_errno = errno;
  Conversation& c = conversation;
  const TaskNode* task = execution_context.task;
  if (c.runtime == nullptr || execution_context.runtime != c.runtime ||
      task == nullptr || c.runtime->steps() != c.steps) {
    c.answer = Answer::kNoStep;
    sem_post(&c.answered);
    errno = saved_errno;
    return;
  }
  void* interrupted = nullptr;
#ifdef __x86_64__
  interrupted = reinterpret_cast<void*>(
      static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
#else
  (void)context;
#endif
  c.size = CaptureStack(interrupted, c.frames, kFramesMax);
  // Frames are return addresses, which stand behind their calls; but this is
  // where the thread is, and may be a function's first instruction.
  if (c.size > 0 && c.frames[0] == interrupted) {
    c.frames[0] = static_cast<char*>(interrupted) + 1;
  }
  CutStack();
  c.task = task;
  PrintStuckStep(*task);
  c.answer = Answer::kStuck;
  sem_post(&c.answered);
  StandStill();
  errno = saved_errno;
}

// A debugger that stops the program would look like a step that hangs.
bool IsDebugged() {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  if (file == nullptr) return false;
  char line[256];
  int tracer = 0;
  while (std::fgets(line, sizeof(line), file) != nullptr) {
    if (std::sscanf(line, "TracerPid: %d", &tracer) == 1) break;
  }
  std::fclose(file);
  return tracer != 0;
}

std::string OperationPlace(const LabRuntime& runtime, const TaskNode& task) {
  const Site site = runtime.recorder().sites().Get(task.site);
  if (task.site == SiteId() || site.file.empty()) return "an unknown place";
  return absl::StrCat(site.file, ":", site.line);
}

}  // namespace

bool Watchdog::IsHere() const {
  return thread_.has_value() && forks_ == ForkCount();
}

void Watchdog::Start(absl::Duration bound, const std::string& test_id,
                     Report report) {
  if (thread_.has_value() || bound <= absl::ZeroDuration()) return;
  bound_ = bound;
  test_id_ = test_id;
  report_ = std::move(report);
  watched_ = pthread_self();
  forks_ = ForkCount();
  stop_ = false;
  struct sigaction action = {};
  action.sa_sigaction = &OnSignal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigfillset(&action.sa_mask);
  sigaction(Signal(), &action, nullptr);
  // Signals to the process are for the threads of the program.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_.emplace([this] { Run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Watchdog::Watch(const LabRuntime* runtime) {
  if (!IsHere()) return;
  std::lock_guard<std::mutex> lock(mutex_);
  runtime_ = runtime;
}

void Watchdog::Stop() {
  if (!IsHere()) return;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
    runtime_ = nullptr;
  }
  changed_.notify_one();
  thread_->join();
  thread_.reset();
}

void Watchdog::Run() {
  const std::chrono::nanoseconds pause(std::max<std::int64_t>(
      absl::ToInt64Nanoseconds(bound_ / kLooks), 1'000'000));
  const LabRuntime* last_runtime = nullptr;
  std::uint64_t last_steps = 0;
  int looks = 0;
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stop_) {
    changed_.wait_for(lock, pause);
    if (stop_) return;
    const std::uint64_t steps = runtime_ == nullptr ? 0 : runtime_->steps();
    if (runtime_ == nullptr || runtime_ != last_runtime ||
        steps != last_steps) {
      last_runtime = runtime_;
      last_steps = steps;
      looks = 0;
      continue;
    }
    if (++looks < kLooks) continue;
    looks = 0;
    if (!IsDebugged()) Suspect(*runtime_, steps);
  }
}

void Watchdog::Suspect(const LabRuntime& runtime, std::uint64_t steps) {
  const std::string bound = absl::FormatDuration(bound_);
  Conversation& c = conversation;
  c.runtime = &runtime;
  c.steps = steps;
  c.test_id = test_id_.c_str();
  c.bound = bound.c_str();
  c.answer = Answer::kNone;
  c.size = 0;
  sem_init(&c.answered, 0, 0);
  pthread_kill(watched_, Signal());
  timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += kAnswerSeconds;
  while (sem_timedwait(&c.answered, &until) != 0 && errno == EINTR) {
  }
  if (c.answer == Answer::kNoStep) return;
  // From here on nothing may keep the program alive.
  struct sigaction by_default = {};
  by_default.sa_handler = SIG_DFL;
  sigaction(SIGALRM, &by_default, nullptr);
  sigset_t alarms;
  sigemptyset(&alarms);
  sigaddset(&alarms, SIGALRM);
  pthread_sigmask(SIG_UNBLOCK, &alarms, nullptr);
  alarm(kReportSeconds);
  if (c.answer == Answer::kNone) {
    Print(absl::StrCat("\nasupersync: WATCHDOG: ", test_id_, ": step ", steps,
                       " has not returned for ", bound,
                       ", and its thread does not answer a signal\n"));
  }
  End(runtime);
}

void Watchdog::End(const LabRuntime& runtime) {
  const Conversation& c = conversation;
  StuckStep stuck;
  stuck.task = "the running task";
  stuck.operation = "an unknown place";
  if (c.answer == Answer::kStuck) {
    stuck.task = c.task->DisplayName();
    stuck.operation = OperationPlace(runtime, *c.task);
  }
  stuck.step = c.steps;
  stuck.bound = c.bound;
  Print(absl::StrCat("  the step began at ", stuck.operation, "\n"));
  for (std::size_t i = 0; i < c.size; ++i) {
    absl::StrAppend(&stuck.stack, "    ", DescribeFrame(c.frames[i]), "\n");
  }
  Print(absl::StrCat("  tasks:\n", runtime.DescribeTasks()));
  report_(stuck);
  Print("asupersync: the watchdog ended the program; tests after this one "
        "were not run\n");
  ForgetLastWords();
  _exit(kExitStatus);
}

}  // namespace testing_internal
}  // namespace asupersync
