#include "asupersync/testing/outcome_matchers.h"

#include <ostream>
#include <sstream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace asupersync {
namespace testing_internal {
namespace {

using ::testing::Matcher;
using ::testing::MatchResultListener;

// "whose code is 5, <explanation>", if `part` does not match.
template <class T, class M>
bool MatchPart(absl::string_view name, const T& part, const Matcher<M>& matcher,
               MatchResultListener* listener) {
  if (!listener->IsInterested()) return matcher.Matches(part);
  ::testing::StringMatchResultListener inner;
  if (matcher.MatchAndExplain(part, &inner)) return true;
  *listener << "whose " << std::string(name) << " is "
            << ::testing::PrintToString(part);
  if (!inner.str().empty()) *listener << ", " << inner.str();
  return false;
}

// "is anything" goes without saying.
template <class M>
std::string Description(const Matcher<M>& matcher) {
  std::ostringstream text;
  matcher.DescribeTo(&text);
  return text.str() == "is anything" ? "" : text.str();
}

// " with a code that ... and a message that ...".
void DescribeParts(absl::string_view name1, const std::string& part1,
                   absl::string_view name2, const std::string& part2,
                   std::ostream* os) {
  const char* lead = " with a ";
  for (const auto& [name, part] :
       {std::make_pair(name1, &part1), std::make_pair(name2, &part2)}) {
    if (part->empty()) continue;
    *os << lead << name << " that " << *part;
    lead = " and a ";
  }
}

const char* Text(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::kOk:
      return "Ok";
    case OutcomeKind::kErr:
      return "an Err";
    case OutcomeKind::kCancelled:
      return "Cancelled";
    default:
      return "Panicked";
  }
}

// One kind, and conditions on what comes with it.
class KindMatcher : public ::testing::MatcherInterface<const Outcome<void>&> {
 public:
  explicit KindMatcher(OutcomeKind kind) : kind_(kind) {}

  bool MatchAndExplain(const Outcome<void>& fate,
                       MatchResultListener* listener) const final {
    if (fate.kind() == kind_) return MatchParts(fate, listener);
    *listener << "which is " << Text(fate.kind());
    return false;
  }
  void DescribeTo(std::ostream* os) const final {
    *os << "is " << Text(kind_);
    DescribeMore(os);
  }
  void DescribeNegationTo(std::ostream* os) const final {
    *os << "isn't " << Text(kind_);
    DescribeMore(os);
  }

 private:
  virtual bool MatchParts(const Outcome<void>&, MatchResultListener*) const {
    return true;
  }
  virtual void DescribeMore(std::ostream*) const {}

  OutcomeKind kind_;
};

class ErrMatcher final : public KindMatcher {
 public:
  ErrMatcher(Matcher<absl::StatusCode> code,
             Matcher<const std::string&> message)
      : KindMatcher(OutcomeKind::kErr),
        code_(std::move(code)),
        message_(std::move(message)) {}

 private:
  bool MatchParts(const Outcome<void>& fate,
                  MatchResultListener* listener) const override {
    const absl::Status status = fate.status();
    return MatchPart("code", status.code(), code_, listener) &&
           MatchPart("message", std::string(status.message()), message_,
                     listener);
  }
  void DescribeMore(std::ostream* os) const override {
    DescribeParts("code", Description(code_), "message", Description(message_),
                  os);
  }

  Matcher<absl::StatusCode> code_;
  Matcher<const std::string&> message_;
};

class CancelledMatcher final : public KindMatcher {
 public:
  CancelledMatcher(Matcher<CancelKind> kind,
                   Matcher<const std::string&> message)
      : KindMatcher(OutcomeKind::kCancelled),
        kind_(std::move(kind)),
        message_(std::move(message)) {}

 private:
  bool MatchParts(const Outcome<void>& fate,
                  MatchResultListener* listener) const override {
    return MatchPart("kind", fate.reason().kind(), kind_, listener) &&
           MatchPart("message", fate.reason().message(), message_, listener);
  }
  void DescribeMore(std::ostream* os) const override {
    DescribeParts("kind", Description(kind_), "message", Description(message_),
                  os);
  }

  Matcher<CancelKind> kind_;
  Matcher<const std::string&> message_;
};

class PanickedMatcher final : public KindMatcher {
 public:
  explicit PanickedMatcher(Matcher<const std::string&> what)
      : KindMatcher(OutcomeKind::kPanicked), what_(std::move(what)) {}

 private:
  bool MatchParts(const Outcome<void>& fate,
                  MatchResultListener* listener) const override {
    return MatchPart("text", fate.panic().what, what_, listener);
  }
  void DescribeMore(std::ostream* os) const override {
    DescribeParts("text", Description(what_), "", "", os);
  }

  Matcher<const std::string&> what_;
};

class VerdictMatcher final
    : public ::testing::MatcherInterface<const RunResult&> {
 public:
  VerdictMatcher(Matcher<RunVerdict> verdict,
                 Matcher<const std::string&> report)
      : verdict_(std::move(verdict)), report_(std::move(report)) {}

  // The result is printed whole, its report included.
  bool MatchAndExplain(const RunResult& result,
                       MatchResultListener* listener) const override {
    if (!verdict_.MatchAndExplain(result.verdict, listener)) return false;
    if (report_.MatchAndExplain(result.report, listener)) return true;
    *listener << "whose report doesn't match";
    return false;
  }
  void DescribeTo(std::ostream* os) const override {
    *os << "is a run";
    DescribeParts("verdict", Description(verdict_), "report",
                  Description(report_), os);
  }
  void DescribeNegationTo(std::ostream* os) const override {
    *os << "isn't a run";
    DescribeParts("verdict", Description(verdict_), "report",
                  Description(report_), os);
  }

 private:
  Matcher<RunVerdict> verdict_;
  Matcher<const std::string&> report_;
};

}  // namespace

Outcome<void> FateOf(const absl::Status& result) { return result; }

Matcher<const Outcome<void>&> FateIsOk() {
  return Matcher<const Outcome<void>&>(new KindMatcher(OutcomeKind::kOk));
}

Matcher<const Outcome<void>&> FateIsErr(Matcher<absl::StatusCode> code,
                                        Matcher<const std::string&> message) {
  return Matcher<const Outcome<void>&>(
      new ErrMatcher(std::move(code), std::move(message)));
}

Matcher<const Outcome<void>&> FateIsCancelled(
    Matcher<CancelKind> kind, Matcher<const std::string&> message) {
  return Matcher<const Outcome<void>&>(
      new CancelledMatcher(std::move(kind), std::move(message)));
}

Matcher<const Outcome<void>&> FateIsPanicked(
    Matcher<const std::string&> what) {
  return Matcher<const Outcome<void>&>(new PanickedMatcher(std::move(what)));
}

}  // namespace testing_internal

::testing::Matcher<const RunResult&> HasVerdict(
    ::testing::Matcher<RunVerdict> verdict,
    ::testing::Matcher<const std::string&> report) {
  return ::testing::Matcher<const RunResult&>(
      new testing_internal::VerdictMatcher(std::move(verdict),
                                           std::move(report)));
}

::testing::Matcher<const RunResult&> IsQuiescent() {
  return HasVerdict(RunVerdict::kQuiescent);
}

::testing::Matcher<const RunResult&> IsDeadlock(
    ::testing::Matcher<const std::string&> report) {
  return HasVerdict(RunVerdict::kDeadlock, std::move(report));
}

}  // namespace asupersync
