#ifndef ASUPERSYNC_EXAMPLES_HEAVY_CHAOS_FIXTURE_H_
#define ASUPERSYNC_EXAMPLES_HEAVY_CHAOS_FIXTURE_H_

#include "absl/strings/string_view.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"

// HeavyChaosTest: a fixture whose tests run under heavy chaos, and which says
// after the last of them how many seeds it ran, and how many in a second:
//
//   [  RATE    ] 10000 seeds in 9.1 s (1098 per second): 8123 drained
//
// The time is the machine's, taken outside every run; nothing is asserted of
// it.
class HeavyChaosTest : public asupersync::LabTest {
 public:
  static void SetUpTestSuite();
  static void TearDownTestSuite();

 protected:
  asupersync::LabConfig ConfigureLab(asupersync::LabConfig config) override;

  // Counts an execution in which `what` happened, so that the line shows
  // whether the sweep has seen it.
  static void Count(absl::string_view what);
};

#endif  // ASUPERSYNC_EXAMPLES_HEAVY_CHAOS_FIXTURE_H_
