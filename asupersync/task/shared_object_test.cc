#include "asupersync/task/shared_object.h"

#include <cstdint>
#include <set>

#include "asupersync/base/ids.h"
#include "asupersync/task/execution_context.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(SharedObjectTest, EveryScopeGivesTheSameIdentitiesAgain) {
  const auto make = [] {
    IdentityScope scope(IdentityScope::Policy::kFresh);
    SharedObject first("one");
    SharedObject second("two");
    EXPECT_NE(first.id(), second.id());
    return first.id().AsRaw() ^ second.id().AsRaw() * 3;
  };
  EXPECT_EQ(make(), make());
}

TEST(SharedObjectTest, AnObjectOutsideAnyScopeIsNoneOfThoseInside) {
  std::set<ObjectId> ids;
  for (int i = 0; i < 3; ++i) {
    SharedObject outside("outside");
    ids.insert(outside.id());
  }
  {
    IdentityScope scope(IdentityScope::Policy::kFresh);
    for (int i = 0; i < 3; ++i) {
      SharedObject inside("inside");
      ids.insert(inside.id());
    }
  }
  SharedObject outside("outside");
  ids.insert(outside.id());
  EXPECT_EQ(ids.size(), 7u);
}

TEST(SharedObjectTest, KeepsItsKind) {
  SharedObject object("mutex");
  EXPECT_STREQ(object.kind(), "mutex");
  EXPECT_TRUE(object.id().IsValid());
}

}  // namespace
}  // namespace asupersync
