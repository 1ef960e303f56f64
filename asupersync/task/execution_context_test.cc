#include "asupersync/task/execution_context.h"

#include <memory>

#include "gtest/gtest.h"

namespace asupersync {
namespace {

using Policy = IdentityScope::Policy;

TEST(IdentityScopeTest, IsTheInnermostWhileItLives) {
  EXPECT_EQ(execution_context.scope, nullptr);
  {
    IdentityScope outer(Policy::kFresh);
    EXPECT_EQ(execution_context.scope, &outer);
    {
      IdentityScope inner(Policy::kFresh);
      EXPECT_EQ(execution_context.scope, &inner);
      EXPECT_EQ(inner.NextObject(), 0u);
    }
    EXPECT_EQ(execution_context.scope, &outer);
    EXPECT_EQ(outer.NextObject(), 0u);
    EXPECT_EQ(outer.NextObject(), 1u);
    outer.Restart();
    EXPECT_EQ(outer.NextObject(), 0u);
  }
  EXPECT_EQ(execution_context.scope, nullptr);
}

TEST(IdentityScopeTest, ARuntimeAdoptsTheScopeOfATest) {
  IdentityScope test(Policy::kFresh);
  EXPECT_EQ(test.NextObject(), 0u);
  {
    IdentityScope runtime(Policy::kAdopt);
    EXPECT_EQ(execution_context.scope, &test);
    runtime.Restart();
    EXPECT_EQ(execution_context.scope->NextObject(), 1u);
  }
  EXPECT_EQ(execution_context.scope->NextObject(), 2u);
}

TEST(IdentityScopeTest, ARuntimeDoesNotAdoptThatOfAnotherRuntime) {
  auto first = std::make_unique<IdentityScope>(Policy::kAdopt);
  EXPECT_EQ(execution_context.scope->NextObject(), 0u);
  // As runtime = std::make_unique<LabRuntime>() does it, again and again.
  for (int i = 0; i < 5; ++i) {
    auto next = std::make_unique<IdentityScope>(Policy::kAdopt);
    first = std::move(next);
    ASSERT_EQ(execution_context.scope, first.get());
    EXPECT_EQ(execution_context.scope->NextObject(), 0u);
    EXPECT_EQ(execution_context.scope->NextObject(), 1u);
  }
  first.reset();
  EXPECT_EQ(execution_context.scope, nullptr);
}

TEST(IdentityScopeTest, ScopesMayEndInAnyOrder) {
  auto a = std::make_unique<IdentityScope>(Policy::kFresh);
  auto b = std::make_unique<IdentityScope>(Policy::kFresh);
  auto c = std::make_unique<IdentityScope>(Policy::kFresh);
  b.reset();
  EXPECT_EQ(execution_context.scope, c.get());
  c.reset();
  EXPECT_EQ(execution_context.scope, a.get());
  a.reset();
  EXPECT_EQ(execution_context.scope, nullptr);
}

}  // namespace
}  // namespace asupersync
