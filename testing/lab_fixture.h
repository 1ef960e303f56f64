#ifndef ASUPERSYNC_TESTING_LAB_FIXTURE_H_
#define ASUPERSYNC_TESTING_LAB_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_execution.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
class LabDriver;
}  // namespace testing_internal

// LabTest: the fixture of tests that run on a lab runtime.
//
//   class PipelineTest : public asupersync::LabTest {};
//
//   TEST_F(PipelineTest, DeliversInOrder) {
//     runtime().SpawnRoot([&](Cx& cx) -> Task<absl::Status> { ... });
//     runtime().RunUntilQuiescent();
//     EXPECT_THAT(received, ::testing::ElementsAre(0, 1, 2));
//   }
//
// LAB_TEST_F (lab_test.h) makes the body itself a task. Both forms may stand
// in one suite.
//
// A test also fails if its last run ended in a deadlock or at the step limit,
// or if tasks are left that were not run to their end.
//
// Seed: the fixture's or the test's own, else --lab_seed or ASUPERSYNC_SEED,
// else CI_SEED, else kDefaultTestSeed. It is printed at the start, and a
// failure prints lines that repeat it and leaves artifacts.
//
// Determinism: with one seed, every execution of the test is the same, whatever
// ran before it in the process.
//
// Lifetime: TearDown() destroys the runtime, and with it the tasks that are
// left, while the members of derived fixtures still live. So an override of
// TearDown() must call LabTest::TearDown(); one that does not fails the test.
//
// ASSERT_* end only the function that they stand in, and do not compile in a
// coroutine: CO_ASSERT_* (co_assert.h) do.
class LabTest : public ::testing::Test {
 public:
  ~LabTest() override;

 protected:
  LabTest();
  // A fixture whose tests always run with this seed.
  explicit LabTest(std::uint64_t seed);

  void TearDown() override;

  // Changes the configuration of the runtime: step limit, policies, recording.
  // It comes with the seeds and with recording on; whoever makes another
  // LabConfig gives both up.
  virtual LabConfig ConfigureLab(LabConfig config) { return config; }

  // The test's runtime, made at the first call. Not for constructors, which
  // come before a derived ConfigureLab().
  LabRuntime& runtime() { return execution_->runtime(); }
  // For generated inputs: fuzz. The others are the runtime's. As runtime().
  const DerivedSeeds& seeds() { return execution_->seeds(); }

  // The bytes that the test feeds its subject: inputs.bin of a failure, and
  // their digest in its manifest.
  void SetInputs(absl::string_view bytes);
  // What the test is about; shown with a failure.
  void SetSubsystem(absl::string_view name);
  void SetInvariant(absl::string_view name);
  // The manifest's scenario_id, if it is not the test's name.
  void SetScenario(absl::string_view name);
  // Marks a part of the test in the event log and the manifest.
  void Phase(absl::string_view name) { execution_->EnterPhase(name); }

  // The last run is to end in this way, for instance in a deadlock; the test
  // fails if it does not. Tasks that are left are destroyed.
  void ExpectVerdict(RunVerdict verdict) {
    execution_->ExpectVerdict(verdict);
  }

 private:
  friend class testing_internal::LabDriver;

  // Overridden by LAB_TEST: the body, and where it stands.
  virtual Task<absl::Status> LabBody(Cx& cx);
  virtual std::source_location LabSite() const;

  // SetUp, body and TearDown of a LAB_TEST, as GoogleTest does it.
  void RunDriven();
  void RunBody();
  Task<absl::Status> CallBody(Cx& cx, std::shared_ptr<SiteId> last_site);
  const testing_internal::ExecutionRecord& record() const {
    return execution_->record();
  }

  std::unique_ptr<testing_internal::LabExecution> execution_;
};

// A LabTest with parameters, for TEST_P and LAB_TEST_P.
template <class T>
class LabTestWithParam : public LabTest,
                         public ::testing::WithParamInterface<T> {
 protected:
  using LabTest::LabTest;
};

namespace testing_internal {

// Runs a part of a test as GoogleTest does: an exception fails the test,
// unless GoogleTest is told not to catch exceptions. `part` names it.
template <class F>
void RunGuarded(const char* part, F&& f);

// Says that an exception came out of `part`.
void FailWithException(const char* part);

template <class F>
void RunGuarded(const char* part, F&& f) {
  if (!GTEST_FLAG_GET(catch_exceptions)) {
    std::forward<F>(f)();
    return;
  }
  try {
    std::forward<F>(f)();
  } catch (...) {
    FailWithException(part);
  }
}

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_LAB_FIXTURE_H_
