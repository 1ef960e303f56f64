#include "asupersync/base/ids.h"

#include <cstdint>
#include <set>
#include <sstream>
#include <string>
#include <type_traits>

#include "gtest/gtest.h"

namespace asupersync {
namespace {

static_assert(!std::is_same_v<TaskId, RegionId>);
static_assert(!std::is_same_v<TaskId, CompactTaskId>);
static_assert(!std::is_same_v<TimerId, ObjectId>);
static_assert(ChildIdentity<TaskId>(0, 0).IsValid());

template <class T>
std::string Print(const T& value) {
  std::ostringstream os;
  os << value;
  return os.str();
}

TEST(IdsTest, ChildrenOfOneParentAreDistinctAcrossKindsAndIndices) {
  std::set<uint64_t> seen;
  constexpr int kParents = 20, kChildren = 500;
  for (uint64_t p = 0; p < kParents; ++p) {
    // Small parents (as 0 for a root) and hashed ones.
    for (uint64_t parent : {p, ChildIdentity<TaskId>(0, p).AsRaw()}) {
      for (uint64_t i = 0; i < kChildren; ++i) {
        seen.insert(ChildIdentity<TaskId>(parent, i).AsRaw());
        seen.insert(ChildIdentity<RegionId>(parent, i).AsRaw());
        seen.insert(ChildIdentity<TimerId>(parent, i).AsRaw());
        seen.insert(ChildIdentity<ObjectId>(parent, i).AsRaw());
      }
    }
  }
  EXPECT_EQ(seen.size(), 2u * kParents * kChildren * 4u);
}

TEST(IdsTest, SwappingParentAndIndexChangesTheIdentity) {
  EXPECT_NE(ChildIdentity<TaskId>(3, 4), ChildIdentity<TaskId>(4, 3));
}

TEST(IdsTest, IdentityDependsOnTheWholePath) {
  std::set<uint64_t> seen;
  int count = 0;
  for (uint64_t a = 0; a < 12; ++a) {
    for (uint64_t b = 0; b < 12; ++b) {
      for (uint64_t c = 0; c < 12; ++c) {
        const TaskId first = ChildIdentity<TaskId>(0, a);
        const RegionId second = ChildIdentity<RegionId>(first, b);
        seen.insert(ChildIdentity<TaskId>(second, c).AsRaw());
        ++count;
      }
    }
  }
  EXPECT_EQ(seen.size(), static_cast<size_t>(count));
}

// Identities are in traces; computed apart from this code, in Python.
TEST(IdsTest, IdentitiesAreFrozen) {
  EXPECT_EQ(ChildIdentity<TaskId>(0, 0).AsRaw(), 0xfb5304bdae2b1c0au);
  EXPECT_EQ(ChildIdentity<RegionId>(0, 1).AsRaw(), 0x776ad90b88292a37u);
  EXPECT_EQ(ChildIdentity<TimerId>(5, 2).AsRaw(), 0x10bd0d02d605e003u);
  EXPECT_EQ(ChildIdentity<ObjectId>(5, 2).AsRaw(), 0xff2ddcccbfd23ee4u);
}

TEST(IdsTest, IdentitiesAndCompactNumbersPrintDifferently) {
  EXPECT_EQ(Print(TaskId(0x2a)), "task:000000000000002a");
  EXPECT_EQ(Print(RegionId(0x2a)), "region:000000000000002a");
  EXPECT_EQ(Print(TimerId(0x2a)), "timer:000000000000002a");
  EXPECT_EQ(Print(ObjectId()), "object:none");
  EXPECT_EQ(Print(CompactTaskId(7)), "T7");
  EXPECT_EQ(Print(CompactRegionId(2)), "R2");
  EXPECT_EQ(Print(CompactRegionId()), "R-");
}

}  // namespace
}  // namespace asupersync
