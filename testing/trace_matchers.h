#ifndef ASUPERSYNC_TESTING_TRACE_MATCHERS_H_
#define ASUPERSYNC_TESTING_TRACE_MATCHERS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/trace_view.h"
#include "gmock/gmock.h"

// Matchers of what happened in an execution: of a ReplayTrace, an
// std::optional<ReplayTrace> as LabRuntime gives it, or an
// std::vector<EventRecord>.
//
//   auto trace = runtime().ReplayTraceSoFar();
//   EXPECT_THAT(trace, HasEvent(WithOutcome(OutcomeKind::kOk),
//                               ByTask("producer")));
//   EXPECT_THAT(trace, EventsInOrder(ATrace("connected"),
//                                    AnEvent<TimerFired>(),
//                                    ATrace(StartsWith("retry"))));
//   EXPECT_THAT(trace, EventCount(AnEvent<TaskSpawned>(), Le(3)));
//   EXPECT_THAT(trace, Not(HasEvent(AnEvent<ChaosInjection>())));
//   EXPECT_THAT(trace, HasEvent(AnEvent<Choice>(Field(&Choice::of, Gt(2)))));
//
// A failure shows the event that comes closest, what it lacks, and the events
// around it; or, if nothing comes close, how many events of which kinds there
// are.
//
// In a LabTest use ReplayTraceSoFar(): TakeReplayTrace() takes the trace away
// from the artifacts of a failure.
//
// Lifetime: matchers own what they compare with.

namespace asupersync {

// What an event must satisfy: one or more conditions, all of them. Also a
// Matcher<const TracedEvent&>, for Not(), AnyOf() and the like.
class EventMatcher {
 public:
  using Condition = ::testing::Matcher<const TracedEvent&>;

  EventMatcher() = default;
  explicit EventMatcher(Condition condition) { Add(std::move(condition)); }

  void Add(Condition condition) { conditions_.push_back(std::move(condition)); }
  void Add(const EventMatcher& other) {
    conditions_.insert(conditions_.end(), other.conditions_.begin(),
                       other.conditions_.end());
  }
  const std::vector<Condition>& conditions() const { return conditions_; }

  bool Matches(const TracedEvent& event) const;
  // "is a TaskCompleted, is at a tick that is > 5".
  std::string Describe() const;

  operator Condition() const;  // NOLINT: as gmock's own matchers

 private:
  std::vector<Condition> conditions_;
};

namespace testing_internal {

// Whether the event is of kind `kind`.
EventMatcher::Condition IsOfKind(EventKind kind);

// Applies a matcher to the struct of an event of kind E.
template <class E>
class FieldsMatcher : public ::testing::MatcherInterface<const TracedEvent&> {
 public:
  explicit FieldsMatcher(::testing::Matcher<const E&> fields)
      : fields_(std::move(fields)) {}
  bool MatchAndExplain(
      const TracedEvent& event,
      ::testing::MatchResultListener* listener) const override {
    const E* fields = std::get_if<E>(&event.record.event);
    return fields != nullptr && fields_.MatchAndExplain(*fields, listener);
  }
  void DescribeTo(std::ostream* os) const override { fields_.DescribeTo(os); }
  void DescribeNegationTo(std::ostream* os) const override {
    fields_.DescribeNegationTo(os);
  }

 private:
  ::testing::Matcher<const E&> fields_;
};

// Adds a condition on the event, or (if it is not an EventMatcher) on its
// fields.
template <class E, class M>
void AddPart(EventMatcher* event, M&& part) {
  if constexpr (std::is_same_v<std::remove_cvref_t<M>, EventMatcher>) {
    event->Add(part);
  } else if constexpr (std::is_void_v<E>) {
    event->Add(::testing::SafeMatcherCast<const TracedEvent&>(
        std::forward<M>(part)));
  } else {
    event->Add(EventMatcher::Condition(new FieldsMatcher<E>(
        ::testing::SafeMatcherCast<const E&>(std::forward<M>(part)))));
  }
}

// What a trace must satisfy.
class TraceCheck {
 public:
  virtual ~TraceCheck() = default;
  virtual bool Matches(const TraceView& trace,
                       ::testing::MatchResultListener* listener) const = 0;
  virtual std::string Describe(bool negated) const = 0;
};

class TraceMatcher {
 public:
  explicit TraceMatcher(std::shared_ptr<const TraceCheck> check)
      : check_(std::move(check)) {}

  template <class R>
  operator ::testing::Matcher<R>() const {  // NOLINT: a polymorphic matcher
    static_assert(std::is_constructible_v<TraceView, R>,
                  "this matcher is for ReplayTrace, std::optional<ReplayTrace> "
                  "and std::vector<EventRecord>");
    return ::testing::Matcher<R>(new Impl<R>(check_));
  }

 private:
  template <class R>
  class Impl : public ::testing::MatcherInterface<R> {
   public:
    explicit Impl(std::shared_ptr<const TraceCheck> check)
        : check_(std::move(check)) {}
    bool MatchAndExplain(
        R trace, ::testing::MatchResultListener* listener) const override {
      return check_->Matches(TraceView(trace), listener);
    }
    void DescribeTo(std::ostream* os) const override {
      *os << check_->Describe(/*negated=*/false);
    }
    void DescribeNegationTo(std::ostream* os) const override {
      *os << check_->Describe(/*negated=*/true);
    }

   private:
    std::shared_ptr<const TraceCheck> check_;
  };

  std::shared_ptr<const TraceCheck> check_;
};

TraceMatcher MatchCount(EventMatcher event,
                        ::testing::Matcher<std::uint64_t> count);
TraceMatcher MatchHas(EventMatcher event);
TraceMatcher MatchInOrder(std::vector<EventMatcher> events);

}  // namespace testing_internal

// An event of kind E (TaskSpawned, TimerFired, ...; event.h), of which every
// part holds: one of the conditions below, or a matcher of E's fields. What
// Not(), AnyOf() and the like make of conditions stands beside it:
// HasEvent(AnEvent<UserTrace>(), Not(ByTask("x"))).
template <class E, class... Parts>
  requires(E::kKind != EventKind())
EventMatcher AnEvent(Parts&&... parts) {
  EventMatcher event(testing_internal::IsOfKind(E::kKind));
  (testing_internal::AddPart<E>(&event, std::forward<Parts>(parts)), ...);
  return event;
}
// An event of any kind of which every part holds: one of the conditions below,
// or a matcher of TracedEvent.
template <class... Parts>
EventMatcher AnEvent(Parts&&... parts) {
  EventMatcher event;
  (testing_internal::AddPart<void>(&event, std::forward<Parts>(parts)), ...);
  return event;
}

// Conditions. A task is given by its name or by its number in the trace.

// In a step of this task.
EventMatcher ByTask(::testing::Matcher<const std::string&> name);
EventMatcher ByTask(CompactTaskId task);
// Naming this task: that it was spawned, woken, scheduled, cancelled, ...
EventMatcher AboutTask(::testing::Matcher<const std::string&> name);
EventMatcher AboutTask(CompactTaskId task);
// In the step of this number.
EventMatcher AtTick(::testing::Matcher<std::uint64_t> tick);
// Caused by this file, and line. `file` may leave out leading folders. A
// vector of events knows no sites.
EventMatcher AtSite(absl::string_view file);
EventMatcher AtSite(absl::string_view file,
                    ::testing::Matcher<std::uint32_t> line);
EventMatcher OfKind(::testing::Matcher<EventKind> kind);
// A TaskCompleted with this outcome.
EventMatcher WithOutcome(::testing::Matcher<OutcomeKind> outcome);
// A TaskCancelRequested or RegionCancelled of this kind.
EventMatcher WithCancelKind(::testing::Matcher<CancelKind> kind);
// A UserTrace with this text: what cx.Trace() put there.
EventMatcher ATrace(::testing::Matcher<const std::string&> text);

// Matches if every part holds of one event; see AnEvent().
template <class... Parts>
testing_internal::TraceMatcher HasEvent(Parts&&... parts) {
  return testing_internal::MatchHas(AnEvent(std::forward<Parts>(parts)...));
}

// Matches if there are such events in this order, others between them or not.
template <class... Events>
testing_internal::TraceMatcher EventsInOrder(Events&&... events) {
  std::vector<EventMatcher> in_order;
  (in_order.push_back(AnEvent(std::forward<Events>(events))), ...);
  return testing_internal::MatchInOrder(std::move(in_order));
}

// Matches if `count` matches the number of such events.
template <class Event>
testing_internal::TraceMatcher EventCount(
    Event&& event, ::testing::Matcher<std::uint64_t> count) {
  return testing_internal::MatchCount(AnEvent(std::forward<Event>(event)),
                                      std::move(count));
}

}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_TRACE_MATCHERS_H_
