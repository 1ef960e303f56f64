// FoataFingerprint hashes the Mazurkiewicz class of an execution: executions
// that differ only in the order of independent steps have one value, others
// have (but for hash collisions) different ones.
//
//   FoataFingerprint fingerprint;
//   fingerprint.BeginStep(task.foata, task.identity);
//   fingerprint.Access(channel.foata, channel.identity, /*write=*/true);
//   fingerprint.EndStep();
//   uint64_t of_the_class = fingerprint.value();
//
// Two steps are dependent if they are of one task, or touch one object that
// one of them writes, or change the fate of one task, or one changes the fate
// of the other's task; a Barrier() is a step that depends on every other. A
// step's level is 1 + the greatest level of an earlier step that it depends on.
// The steps of level 1, 2, ... are the Cartier-Foata normal form, which is
// equal for two executions exactly if they are equivalent (Diekert, Rozenberg,
// "The Book of Traces", 1995, section 2.3). The value is a commutative sum over
// all steps of a strong hash of (task, number of the step in its task,
// footprint, level), and a footprint one over its accesses, whose order within
// a step may depend on the order of earlier, independent steps (those of a
// queue of waiters). So nothing is sorted or kept: the cost of a step is
// O(accesses).
//
// Determinism: depends on identities and footprints only.
//
// Lifetime: TaskFoata and ObjectFoata live inside tasks and objects; those
// touched by a step must stay where they are until its EndStep(), or Forget().
//
// Invariants:
// 1. Levels are computed from what stood before the step: Access() collects,
//    EndStep() publishes.
// 2. A TaskFoata or ObjectFoata of another epoch counts as fresh, so Reset()
//    is O(1) and needs no list of them.
#ifndef ASUPERSYNC_TRACE_FINGERPRINT_H_
#define ASUPERSYNC_TRACE_FINGERPRINT_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/base/optimization.h"
#include "asupersync/base/stable_hash.h"

namespace asupersync {

// The greatest levels of steps that accessed something.
struct AccessLevels {
  uint32_t write = 0;
  uint32_t read = 0;
};

// What the fingerprint keeps in each shared object. A fresh one is all zero.
struct ObjectFoata {
  uint32_t epoch = 0;
  AccessLevels levels;
};

// What the fingerprint keeps in each task. A fresh one is all zero.
struct TaskFoata {
  uint32_t epoch = 0;
  uint32_t level = 0;  // of the task's last step, or of what orders its next
  uint32_t steps = 0;  // taken so far
  AccessLevels completion;  // its end as an object
};

class FoataFingerprint {
 public:
  FoataFingerprint() = default;
  FoataFingerprint(const FoataFingerprint&) = delete;
  FoataFingerprint& operator=(const FoataFingerprint&) = delete;

  // The next step is one of this task. REQUIRES: no step is open.
  void BeginStep(TaskFoata& task, uint64_t identity) {
    Renew(task);
    task_ = &task;
    identity_ = identity;
    level_ = task.level;
    Raise(level_, base_level_);
    footprint_ = 0;
  }

  // The open step reads or writes the object. Accesses outside of a step are
  // those of the set-up code, which comes before everything: not counted.
  void Access(ObjectFoata& object, uint64_t identity, bool write) {
    if (ABSL_PREDICT_FALSE(task_ == nullptr)) return;
    Renew(object);
    Access(object.levels, identity, write);
  }

  // The same with the end of a task as the object: the task's last step writes
  // it, whoever asks whether the task is done reads it.
  void AccessCompletion(TaskFoata& task, uint64_t identity, bool write) {
    if (ABSL_PREDICT_FALSE(task_ == nullptr)) return;
    Renew(task);
    Access(task.completion, identity, write);
  }

  // The open step changes the fate of another task (spawns it, wakes it, asks
  // it to end): it comes after every earlier step of `task` and before every
  // later one. Outside of a step: no effect.
  void WriteTask(TaskFoata& task, uint64_t identity) {
    if (ABSL_PREDICT_FALSE(task_ == nullptr)) return;
    Renew(task);
    Raise(level_, task.level);
    touched_ = true;
    footprint_ += HashCombine(3, identity);
    ordered_.push_back(&task);
  }

  // Every step so far comes before every later one: the clock moved.
  // REQUIRES: no step is open.
  void Barrier() {
    base_level_ = ++top_level_;
    sum_ += Mix64(HashCombine(kBarrier, base_level_));
  }

  // The object or the task dies. REQUIRES: no later Access() to it, and no
  // WriteTask() by the open step, which is for tasks that have not ended.
  void Forget(ObjectFoata& object) { Forget(object.levels); }
  void Forget(TaskFoata& task) { Forget(task.completion); }

  // The open step is over. Without an open step: no effect.
  void EndStep() {
    if (ABSL_PREDICT_FALSE(task_ == nullptr)) return;
    const uint32_t level = level_ + 1;
    task_->level = level;
    Raise(top_level_, level);
    sum_ +=
        StepHash(identity_, footprint_, (uint64_t{task_->steps} << 32) | level);
    ++task_->steps;
    task_ = nullptr;
    if (touched_) Publish(level);
  }

  // Of the steps that ended.
  uint64_t value() const { return sum_; }

  // Starts over for another execution; every TaskFoata and ObjectFoata counts
  // as fresh from now on. O(1), keeps memory.
  void Reset() {
    epoch_ = NewEpoch();
    sum_ = 0;
    top_level_ = base_level_ = 0;
    task_ = nullptr;
    touched_ = false;
    accesses_.clear();
    ordered_.clear();
  }

 private:
  struct TouchedObject {
    AccessLevels* levels;
    bool write;
  };

  // Makes what another epoch left fresh.
  template <class Foata>
  void Renew(Foata& foata) const {
    if (foata.epoch == epoch_) return;
    foata = Foata();
    foata.epoch = epoch_;
  }

  void Access(AccessLevels& levels, uint64_t identity, bool write) {
    Raise(level_, levels.write);
    if (write) Raise(level_, levels.read);
    touched_ = true;
    footprint_ += HashCombine(write, identity);
    accesses_.push_back({&levels, write});
  }

  void Forget(AccessLevels& levels) {
    for (TouchedObject& access : accesses_) {
      if (access.levels == &levels) access.levels = &forgotten_;
    }
  }

  // A strong hash of a step, as a term of the sum: two folded 64x64->128 bit
  // products (the mixing step of wyhash, github.com/wangyi-fudan/wyhash), about
  // 10 cycles where a chain of HashCombine() takes 50.
  static uint64_t StepHash(uint64_t identity, uint64_t footprint,
                           uint64_t position) {
    return Fold(
        Fold(identity ^ 0xA0761D6478BD642Fu, footprint ^ 0xE7037ED1A0B428DBu) ^
            position,
        0x8EBC6AF09C88C6E3u);
  }
  static uint64_t Fold(uint64_t a, uint64_t b) {
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^
           static_cast<uint64_t>(product >> 64);
  }

  void Publish(uint32_t level) {
    touched_ = false;
    for (const TouchedObject& access : accesses_) {
      Raise(access.write ? access.levels->write : access.levels->read, level);
    }
    accesses_.clear();
    for (TaskFoata* task : ordered_) Raise(task->level, level);
    ordered_.clear();
  }

  static void Raise(uint32_t& level, uint32_t to) {
    if (to > level) level = to;
  }

  static constexpr uint64_t kBarrier = Mix64(0x62617272696572);

  // Distinct in the whole process, so that an object that outlives one runtime
  // is fresh in the next. Compared for equality only: no effect on any value.
  static uint32_t NewEpoch() {
    static std::atomic<uint32_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
  }

  uint32_t epoch_ = NewEpoch();
  uint32_t top_level_ = 0;   // greatest level of a step so far
  uint32_t base_level_ = 0;  // of the last Barrier()
  uint64_t sum_ = 0;
  // The open step; task_ is null between steps.
  TaskFoata* task_ = nullptr;
  uint64_t identity_ = 0;
  uint32_t level_ = 0;
  uint64_t footprint_ = 0;  // a sum over its accesses
  bool touched_ = false;   // accesses_ or ordered_ is not empty
  AccessLevels forgotten_;  // stands for objects that died in the step
  std::vector<TouchedObject> accesses_;
  std::vector<TaskFoata*> ordered_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TRACE_FINGERPRINT_H_
