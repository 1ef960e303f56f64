// A program whose main function, GoogleTest's own, knows nothing of lab tests.
#include "absl/status/status.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"

LAB_TEST(OwnMain, Passes) { co_return absl::OkStatus(); }
