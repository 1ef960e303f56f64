#include "asupersync/testing/lab_fixture.h"

#include <exception>
#include <optional>
#include <source_location>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asupersync/base/reported_error.h"
#include "asupersync/testing/lab_session.h"

namespace asupersync {
namespace testing_internal {
namespace {

std::unique_ptr<LabExecution> MakeExecution(
    std::optional<std::uint64_t> seed, LabExecution::Configure configure) {
  return std::make_unique<LabExecution>(seed, std::move(configure));
}

}  // namespace

void FailWithException(const char* part) {
  std::string message = "Unknown C++ exception";
  try {
    throw;
  } catch (const std::exception& exception) {
    message = absl::StrCat("C++ exception with description \"",
                           exception.what(), "\"");
  } catch (...) {
  }
  GTEST_MESSAGE_AT_(nullptr, -1,
                    absl::StrCat(message, " thrown in ", part, ".").c_str(),
                    ::testing::TestPartResult::kFatalFailure);
}

}  // namespace testing_internal

LabTest::LabTest()
    : execution_(testing_internal::MakeExecution(
          std::nullopt, [this](LabConfig config) {
            return ConfigureLab(std::move(config));
          })) {}

LabTest::LabTest(std::uint64_t seed)
    : execution_(
          testing_internal::MakeExecution(seed, [this](LabConfig config) {
            return ConfigureLab(std::move(config));
          })) {}

LabTest::~LabTest() {
  if (!execution_->has_runtime()) return;
  testing_internal::FailCurrentTest(
      "LabTest::TearDown() did not run, so the runtime outlived the fixture's "
      "members; a fixture that overrides TearDown() must call "
      "LabTest::TearDown() in it");
  execution_->Abandon();
}

void LabTest::TearDown() { execution_->Finish(); }

void LabTest::SetInputs(absl::string_view bytes) {
  execution_->record().inputs = std::string(bytes);
}

void LabTest::SetSubsystem(absl::string_view name) {
  execution_->record().subsystem = std::string(name);
}

void LabTest::SetInvariant(absl::string_view name) {
  execution_->record().invariant = std::string(name);
}

void LabTest::SetScenario(absl::string_view name) {
  execution_->record().scenario = std::string(name);
}

Task<absl::Status> LabTest::LabBody(Cx&) { co_return absl::OkStatus(); }

std::source_location LabTest::LabSite() const {
  return std::source_location::current();
}

void LabTest::RunDriven() {
  using testing_internal::RunGuarded;
  RunGuarded("SetUp()", [&] { SetUp(); });
  if (!testing_internal::LabSession::Get().HasFatalFailure() &&
      !IsSkipped()) {
    RunGuarded("the test body", [&] { RunBody(); });
  }
  RunGuarded("TearDown()", [&] { TearDown(); });
}

Task<absl::Status> LabTest::CallBody(Cx& cx,
                                     std::shared_ptr<SiteId> last_site) {
  struct NoteSite {
    Cx& cx;
    std::shared_ptr<SiteId> last_site;
    ~NoteSite() { *last_site = cx.node().site; }
  } note{cx, last_site};
  co_return co_await LabBody(cx);
}

void LabTest::RunBody() {
  // Shared: the body of a deadlock is destroyed later, in TearDown().
  auto last_site = std::make_shared<SiteId>();
  auto body = runtime().SpawnRoot(
      "body", [&](Cx& cx) { return CallBody(cx, last_site); }, LabSite());
  runtime().RunUntilQuiescent();
  if (!body.done()) {
    execution_->BodyIsLeft();  // TearDown() says why.
    return;
  }
  const Outcome<void> outcome = body.TakeOutcome();
  if (outcome.ok() || IsReported(outcome.status())) return;
  std::ostringstream text;
  text << outcome;
  std::string message =
      absl::StrCat("the test's body ended with ", text.str());
  if (*last_site != SiteId()) {
    const Site site = runtime().recorder().sites().Get(*last_site);
    absl::StrAppend(&message, "\nafter its operation at ", site.file, ":",
                    site.line);
  }
  testing_internal::FailCurrentTest(message);
}

}  // namespace asupersync
