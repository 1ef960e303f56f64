#ifndef ASUPERSYNC_TESTING_LAB_DRIVER_H_
#define ASUPERSYNC_TESTING_LAB_DRIVER_H_

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "asupersync/testing/explore.h"
#include "asupersync/testing/lab_fixture.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {

// Makes a fresh fixture; the caller owns it.
using MakeFixture = std::function<::testing::Test*()>;
// The exploration that a LAB_TEST was given; nullopt: none.
using GetExplore = std::optional<Explore> (*)();

inline std::optional<Explore> ExploreArgument() { return std::nullopt; }
inline std::optional<Explore> ExploreArgument(Explore explore) {
  return explore;
}

// What GoogleTest runs for a LAB_TEST. It makes the real fixture, once for
// each execution, and runs that; its own SetUp and TearDown are empty.
class LabDriver final : public ::testing::Test {
 public:
  LabDriver(MakeFixture make, GetExplore explore)
      : make_(std::move(make)), explore_(explore) {}

 private:
  void TestBody() override;

  MakeFixture make_;
  GetExplore explore_;
};

// GoogleTest's factory for a LAB_TEST without parameters.
class LabDriverFactory final : public ::testing::internal::TestFactoryBase {
 public:
  LabDriverFactory(MakeFixture make, GetExplore explore)
      : make_(std::move(make)), explore_(explore) {}
  ::testing::Test* CreateTest() override {
    return new LabDriver(make_, explore_);
  }

 private:
  MakeFixture make_;
  GetExplore explore_;
};

// The same with parameters: each instance of the suite has its own parameter.
template <class TestClass>
class LabDriverMetaFactory final
    : public ::testing::internal::TestMetaFactoryBase<
          typename TestClass::ParamType> {
 public:
  using ParamType = typename TestClass::ParamType;

  explicit LabDriverMetaFactory(GetExplore explore) : explore_(explore) {}
  ::testing::internal::TestFactoryBase* CreateTestFactory(
      ParamType parameter) override {
    using Fixtures =
        ::testing::internal::ParameterizedTestFactory<TestClass>;
    auto fixtures = std::make_shared<Fixtures>(std::move(parameter));
    return new LabDriverFactory([fixtures] { return fixtures->CreateTest(); },
                                explore_);
  }

 private:
  GetExplore explore_;
};

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_LAB_DRIVER_H_
