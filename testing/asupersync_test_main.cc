#include "asupersync/testing/lab_init.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  asupersync::InitLabTesting(&argc, argv);
  return RUN_ALL_TESTS();
}
