#ifndef ASUPERSYNC_LAB_ORACLE_H_
#define ASUPERSYNC_LAB_ORACLE_H_

#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "asupersync/base/ids.h"
#include "asupersync/lab/oracle_table.h"
#include "asupersync/lab/run_result.h"
#include "asupersync/lab/violation.h"
#include "asupersync/task/region_node.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/runtime_observer.h"
#include "asupersync/task/task_node.h"

namespace asupersync {

// How an execution ended, for oracles that judge the end.
struct Conclusion {
  // What the last run ended with; null: nothing was run.
  const RunResult* last_run = nullptr;
  // Every live task, what it waits for and where; empty: none is left.
  std::string tasks_left;
  // The test expects its last run to end as it did, with the tasks that are
  // left; or the run was ended from outside, so that the end says nothing.
  bool end_is_expected = false;
  // Whether the operation that a blocked task waits in would succeed now,
  // found out by attempting it. Changes what it is about.
  absl::FunctionRef<bool(TaskNode&)> would_succeed;
  RegionNode& root;
};

// What every oracle is made with.
struct OracleContext {
  const Runtime* runtime;
  ViolationLog* log;
  // LabConfig::idle_steps().
  std::uint64_t idle_steps;
};

// One oracle: watches one execution at a time for a violation of one claim.
//
//   class LoserDrainOracle final : public Oracle {
//    public:
//     explicit LoserDrainOracle(const OracleContext& context)
//         : Oracle(OracleId::kLoserDrain, context) {}
//     void OnRaceOver(const RaceGroup& race) override;
//   };
//
// An oracle pays for nothing but the calls that it overrides: OracleSet calls
// only those. It changes nothing in the execution and asks for no choice.
//
// Determinism: equal executions have equal violations. An oracle keeps state by
// identity or compact number, never by address.
//
// Lifetime: owned by an OracleSet. What a call is given is valid during it.
class Oracle : public RuntimeObserver {
 public:
  Oracle(OracleId id, const OracleContext& context)
      : id_(id), context_(context) {}
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  OracleId id() const { return id_; }

  // Another execution begins: forgets the last one, keeps memory.
  virtual void Reset() {}
  // Called every so many steps, between two of them; `tasks` is how many are
  // live. See CheckSchedule.
  virtual void OnCheck(std::uint64_t tasks) { (void)tasks; }
  // A task of which cancellation was requested has made a step and is not
  // done.
  virtual void OnCancelledStep(const TaskNode& task) { (void)task; }
  // The execution is over; nothing runs afterwards.
  virtual void OnConcluded(const Conclusion& end) { (void)end; }

 protected:
  const Runtime& runtime() const { return *context_.runtime; }
  std::uint64_t step() const { return context_.runtime->recorder().tick(); }
  std::uint64_t idle_steps() const { return context_.idle_steps; }

  void Report(std::string message, std::vector<CompactTaskId> tasks,
              std::vector<std::string> sites);
  // The usual case: about one task, or about none if it is null.
  void Report(std::string message, const TaskNode* task,
              const std::source_location& where);

 private:
  const OracleId id_;
  const OracleContext context_;
};

// "R3, opened by T1 'body' at file.cc:12", "the root region".
std::string Describe(const RegionNode& region);
// "T2 'writer', spawned at file.cc:12", "nobody" for null.
std::string Describe(const TaskNode* task);

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLE_H_
