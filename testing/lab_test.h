#ifndef ASUPERSYNC_TESTING_LAB_TEST_H_
#define ASUPERSYNC_TESTING_LAB_TEST_H_

#include <source_location>
#include <type_traits>

#include "absl/status/status.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/co_assert.h"    // IWYU pragma: export
#include "asupersync/testing/explore.h"      // IWYU pragma: export
#include "asupersync/testing/lab_driver.h"
#include "asupersync/testing/lab_fixture.h"  // IWYU pragma: export
#include "gtest/gtest.h"

// LAB_TEST, LAB_TEST_F and LAB_TEST_P: tests whose body is a task.
//
//   LAB_TEST(Pipeline, DeliversInOrder) {
//     auto [tx, rx] = asupersync::mpsc::Channel<int>(10);
//     auto producer = cx.Spawn(...);
//     CO_ASSERT_EQ(co_await asupersync::Try(rx.Recv(cx)), 0);
//     co_return absl::OkStatus();
//   }
//   LAB_TEST_F(PipelineTest, Drains, asupersync::Explore::Sweep(1000)) { ... }
//   LAB_TEST_P(PipelineTest, DrainsAnyCapacity) { ... GetParam() ... }
//
// The body is a coroutine that returns Task<absl::Status> and has a Cx& cx; in
// it `this` is the fixture, a LabTest (lab_fixture.h), a class derived from it,
// or for LAB_TEST_P one derived from LabTestWithParam<T>. The test fails if the
// body ends with an error, cancelled, or with an exception, and if it or a task
// that it spawned never ends.
//
// The last argument, if there is one, is an Explore (explore.h). Each of its
// executions has a fixture of its own.
//
// Filters, shuffle, repeat, sharding, SetUpTestSuite and so on are
// GoogleTest's. Programs link //testing:asupersync_test_main, or call
// InitLabTesting() (lab_init.h).

#define LAB_TEST(suite, name, ...) \
  ASUPERSYNC_LAB_TEST_(suite, name, ::asupersync::LabTest, __VA_ARGS__)
#define LAB_TEST_F(fixture, name, ...) \
  ASUPERSYNC_LAB_TEST_(fixture, name, fixture, __VA_ARGS__)

// The class of one test: the fixture with the body.
#define ASUPERSYNC_LAB_CLASS_(suite, name, fixture, registration)             \
  static_assert(sizeof(#suite) > 1, "the suite's name must not be empty");    \
  static_assert(sizeof(#name) > 1, "the test's name must not be empty");      \
  static_assert(::std::is_base_of_v<::asupersync::LabTest, fixture>,          \
                "the fixture of a LAB_TEST must derive from "                 \
                "asupersync::LabTest");                                       \
  class GTEST_TEST_CLASS_NAME_(suite, name) : public fixture {                \
   private:                                                                   \
    void TestBody() override {}                                               \
    ::asupersync::Task<::absl::Status> LabBody(::asupersync::Cx& cx)          \
        override;                                                             \
    ::std::source_location LabSite() const override {                         \
      return ::std::source_location::current();                               \
    }                                                                         \
    registration                                                              \
  };

#define ASUPERSYNC_LAB_BODY_(suite, name)                                     \
  ::asupersync::Task<::absl::Status> GTEST_TEST_CLASS_NAME_(                  \
      suite, name)::LabBody([[maybe_unused]] ::asupersync::Cx& cx)

#define ASUPERSYNC_LAB_EXPLORE_(...)                                          \
  +[] { return ::asupersync::testing_internal::ExploreArgument(__VA_ARGS__); }

#define ASUPERSYNC_LAB_TEST_(suite, name, fixture, ...)                       \
  ASUPERSYNC_LAB_CLASS_(                                                      \
      suite, name, fixture,                                                   \
      [[maybe_unused]] static ::testing::TestInfo* const test_info_;)         \
  ::testing::TestInfo* const GTEST_TEST_CLASS_NAME_(suite,                    \
                                                    name)::test_info_ =       \
      ::testing::internal::MakeAndRegisterTestInfo(                           \
          #suite, #name, nullptr, nullptr,                                    \
          ::testing::internal::CodeLocation(__FILE__, __LINE__),              \
          ::testing::internal::GetTypeId<fixture>(),                          \
          ::testing::internal::SuiteApiResolver<                              \
              fixture>::GetSetUpCaseOrSuite(__FILE__, __LINE__),              \
          ::testing::internal::SuiteApiResolver<                              \
              fixture>::GetTearDownCaseOrSuite(__FILE__, __LINE__),           \
          new ::asupersync::testing_internal::LabDriverFactory(               \
              []() -> ::testing::Test* {                                      \
                return new GTEST_TEST_CLASS_NAME_(suite, name);               \
              },                                                              \
              ASUPERSYNC_LAB_EXPLORE_(__VA_ARGS__)));                         \
  ASUPERSYNC_LAB_BODY_(suite, name)

#define LAB_TEST_P(suite, name, ...)                                          \
  ASUPERSYNC_LAB_CLASS_(suite, name, suite, static int Register();            \
                        [[maybe_unused]] static const int registered_;)       \
  int GTEST_TEST_CLASS_NAME_(suite, name)::Register() {                       \
    ::testing::UnitTest::GetInstance()                                        \
        ->parameterized_test_registry()                                       \
        .GetTestSuitePatternHolder<suite>(                                    \
            #suite, ::testing::internal::CodeLocation(__FILE__, __LINE__))    \
        ->AddTestPattern(                                                     \
            #suite, #name,                                                    \
            new ::asupersync::testing_internal::LabDriverMetaFactory<         \
                GTEST_TEST_CLASS_NAME_(suite, name)>(                         \
                ASUPERSYNC_LAB_EXPLORE_(__VA_ARGS__)),                        \
            ::testing::internal::CodeLocation(__FILE__, __LINE__));           \
    return 0;                                                                 \
  }                                                                           \
  const int GTEST_TEST_CLASS_NAME_(suite, name)::registered_ =                \
      GTEST_TEST_CLASS_NAME_(suite, name)::Register();                        \
  ASUPERSYNC_LAB_BODY_(suite, name)

#endif  // ASUPERSYNC_TESTING_LAB_TEST_H_
