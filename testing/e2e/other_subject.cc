// A second program for the drivers: other tests than the subject's.
#include "absl/status/status.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"

LAB_TEST(Other, Passes) { co_return absl::OkStatus(); }
