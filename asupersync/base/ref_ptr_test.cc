#include "asupersync/base/ref_ptr.h"

#include <utility>

#include "gtest/gtest.h"

namespace asupersync {
namespace {

struct Counted : RefCounted<Counted> {
  explicit Counted(int* deaths) : deaths(deaths) {}
  ~Counted() { ++*deaths; }
  int* deaths;
};

TEST(RefPtrTest, LastOwnerDeletes) {
  int deaths = 0;
  {
    RefPtr<Counted> first = MakeRef<Counted>(&deaths);
    RefPtr<Counted> second = first;
    first = RefPtr<Counted>();
    EXPECT_EQ(deaths, 0);
    EXPECT_FALSE(first);
    EXPECT_EQ(second->deaths, &deaths);
  }
  EXPECT_EQ(deaths, 1);
}

TEST(RefPtrTest, MovingKeepsTheCount) {
  int deaths = 0;
  RefPtr<Counted> from = MakeRef<Counted>(&deaths);
  RefPtr<Counted> to = std::move(from);
  EXPECT_EQ(deaths, 0);
  to = RefPtr<Counted>();
  EXPECT_EQ(deaths, 1);
}

TEST(RefPtrTest, AssigningToItselfKeepsTheObject) {
  int deaths = 0;
  RefPtr<Counted> pointer = MakeRef<Counted>(&deaths);
  RefPtr<Counted>& same = pointer;
  pointer = same;
  EXPECT_EQ(deaths, 0);
  EXPECT_TRUE(pointer);
}

}  // namespace
}  // namespace asupersync
