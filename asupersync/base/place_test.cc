#include "asupersync/base/place.h"

#include <source_location>
#include <string>

#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(PlaceTest, IsTheFileAndTheLineOfTheCaller) {
  const std::string place = PlaceOf(std::source_location::current());
  EXPECT_EQ(place, std::string(__FILE__) + ":12");
}

}  // namespace
}  // namespace asupersync
