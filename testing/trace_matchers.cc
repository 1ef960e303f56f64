#include "asupersync/testing/trace_matchers.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace asupersync {
namespace {

using ::testing::Matcher;
using ::testing::MatchResultListener;
using testing_internal::TraceCheck;
using testing_internal::TraceMatcher;

// Events shown on each side of the one that a failure is about.
constexpr std::size_t kContextEvents = 3;
// Matching events that a wrong count shows.
constexpr std::size_t kShownEventsMax = 5;

template <class M>
std::string DescribeMatcher(const M& matcher, bool negated = false) {
  std::ostringstream text;
  negated ? matcher.DescribeNegationTo(&text) : matcher.DescribeTo(&text);
  return text.str();
}

// A condition on something that is taken from an event: `get` gives the
// something, or nullopt if the event has none. M is T or const T&.
template <class T, class M>
class PartMatcher : public ::testing::MatcherInterface<const TracedEvent&> {
 public:
  using Get = std::function<std::optional<T>(const TracedEvent&)>;

  PartMatcher(std::string lead, Get get, Matcher<M> part)
      : lead_(std::move(lead)), get_(std::move(get)), part_(std::move(part)) {}

  bool MatchAndExplain(const TracedEvent& event,
                       MatchResultListener* listener) const override {
    const std::optional<T> part = get_(event);
    return part.has_value() && part_.MatchAndExplain(*part, listener);
  }
  void DescribeTo(std::ostream* os) const override {
    *os << "is " << lead_ << DescribeMatcher(part_);
  }
  void DescribeNegationTo(std::ostream* os) const override {
    *os << "isn't " << lead_ << DescribeMatcher(part_);
  }

 private:
  std::string lead_;
  Get get_;
  Matcher<M> part_;
};

template <class M>
EventMatcher Part(
    std::string lead,
    typename PartMatcher<std::remove_cvref_t<M>, M>::Get get, Matcher<M> part) {
  return EventMatcher(
      EventMatcher::Condition(new PartMatcher<std::remove_cvref_t<M>, M>(
          std::move(lead), std::move(get), std::move(part))));
}

// A yes or no, which `text` describes.
EventMatcher Fact(std::string text,
                  std::function<bool(const TracedEvent&)> holds) {
  class FactMatcher : public ::testing::MatcherInterface<const TracedEvent&> {
   public:
    FactMatcher(std::string text, std::function<bool(const TracedEvent&)> holds)
        : text_(std::move(text)), holds_(std::move(holds)) {}
    bool MatchAndExplain(const TracedEvent& event,
                         MatchResultListener*) const override {
      return holds_(event);
    }
    void DescribeTo(std::ostream* os) const override { *os << "is " << text_; }
    void DescribeNegationTo(std::ostream* os) const override {
      *os << "isn't " << text_;
    }

   private:
    std::string text_;
    std::function<bool(const TracedEvent&)> holds_;
  };
  return EventMatcher(EventMatcher::Condition(
      new FactMatcher(std::move(text), std::move(holds))));
}

// Whether `file` is `wanted`, folders in front of it left aside.
bool IsFile(absl::string_view file, absl::string_view wanted) {
  return file == wanted || absl::EndsWith(file, absl::StrCat("/", wanted));
}

std::string KindText(EventKind kind) {
  const std::string name(KindName(kind));
  const bool vowel = absl::StrContains("AEIO", name.substr(0, 1));
  return absl::StrCat(vowel ? "an " : "a ", name);
}

// --- What a failure shows.

// The events around `center`, which is marked.
void ShowAround(const TraceView& trace, std::size_t center,
                MatchResultListener* listener) {
  const std::size_t first = center - std::min(center, kContextEvents);
  const std::size_t last = std::min(trace.size() - 1, center + kContextEvents);
  for (std::size_t i = first; i <= last; ++i) {
    *listener << (i == center ? "\n  > " : "\n    ") << trace[i];
  }
}

// How near an event comes to what is wanted.
struct Nearness {
  std::size_t held = 0;          // conditions
  std::size_t first_failed = 0;  // earlier ones matter more
  friend auto operator<=>(const Nearness&, const Nearness&) = default;
};

Nearness NearnessOf(const EventMatcher& wanted, const TracedEvent& event) {
  Nearness nearness;
  const std::size_t count = wanted.conditions().size();
  nearness.first_failed = count;
  for (std::size_t i = 0; i < count; ++i) {
    if (wanted.conditions()[i].Matches(event)) {
      ++nearness.held;
    } else {
      nearness.first_failed = std::min(nearness.first_failed, i);
    }
  }
  return nearness;
}

void ShowKinds(const TraceView& trace, std::size_t from,
               MatchResultListener* listener) {
  std::map<EventKind, std::uint64_t> counts;
  for (std::size_t i = from; i < trace.size(); ++i) {
    ++counts[Kind(trace[i].record.event)];
  }
  const char* lead = "; there are ";
  for (const auto& [kind, count] : counts) {
    *listener << lead << count << " " << std::string(KindName(kind));
    lead = ", ";
  }
}

// Says which event from `from` on comes closest, and what it lacks.
void ShowClosest(const TraceView& trace, std::size_t from,
                 const EventMatcher& wanted, MatchResultListener* listener) {
  Nearness best;
  std::size_t closest = trace.size();
  for (std::size_t i = from; i < trace.size(); ++i) {
    const Nearness nearness = NearnessOf(wanted, trace[i]);
    if (nearness.held > 0 && (closest == trace.size() || nearness > best)) {
      best = nearness;
      closest = i;
    }
  }
  if (closest == trace.size()) {
    ShowKinds(trace, from, listener);
    return;
  }
  *listener << "; closest is #" << trace[closest].record.index;
  const char* lead = ", where it fails that it ";
  for (const EventMatcher::Condition& condition : wanted.conditions()) {
    ::testing::StringMatchResultListener why;
    if (condition.MatchAndExplain(trace[closest], &why)) continue;
    *listener << lead << DescribeMatcher(condition);
    if (!why.str().empty()) *listener << " (" << why.str() << ")";
    lead = ", and that it ";
  }
  *listener << ":";
  ShowAround(trace, closest, listener);
}

std::optional<std::size_t> FindEvent(const TraceView& trace, std::size_t from,
                                     const EventMatcher& wanted) {
  for (std::size_t i = from; i < trace.size(); ++i) {
    if (wanted.Matches(trace[i])) return i;
  }
  return std::nullopt;
}

// --- The three checks.

class EventsCheck : public TraceCheck {
 public:
  bool Matches(const TraceView& trace,
               MatchResultListener* listener) const final {
    if (trace.exists()) return CheckEvents(trace, listener);
    *listener << "which is no trace: the runtime recorded none";
    return false;
  }

 private:
  virtual bool CheckEvents(const TraceView& trace,
                           MatchResultListener* listener) const = 0;
};

class HasCheck final : public EventsCheck {
 public:
  explicit HasCheck(EventMatcher event) : event_(std::move(event)) {}

  std::string Describe(bool negated) const override {
    return absl::StrCat(negated ? "has no event that " : "has an event that ",
                        event_.Describe());
  }

 private:
  bool CheckEvents(const TraceView& trace,
                   MatchResultListener* listener) const override {
    const std::optional<std::size_t> found = FindEvent(trace, 0, event_);
    if (!listener->IsInterested()) return found.has_value();
    if (found.has_value()) {
      *listener << "which has it as #" << trace[*found].record.index << ":";
      ShowAround(trace, *found, listener);
      return true;
    }
    *listener << "none of whose " << trace.size() << " events is such a one";
    ShowClosest(trace, 0, event_, listener);
    return false;
  }

  EventMatcher event_;
};

class InOrderCheck final : public EventsCheck {
 public:
  explicit InOrderCheck(std::vector<EventMatcher> events)
      : events_(std::move(events)) {}

  std::string Describe(bool negated) const override {
    std::string text = negated ? "doesn't have, in this order, an event that"
                               : "has, in this order, an event that";
    for (std::size_t i = 0; i < events_.size(); ++i) {
      absl::StrAppend(&text, i == 0 ? " " : ", then one that ", "(", i + 1,
                      ") ", events_[i].Describe());
    }
    return text;
  }

 private:
  bool CheckEvents(const TraceView& trace,
                   MatchResultListener* listener) const override {
    std::vector<std::size_t> found;
    std::size_t from = 0;
    for (const EventMatcher& event : events_) {
      const std::optional<std::size_t> next = FindEvent(trace, from, event);
      if (!next.has_value()) {
        if (listener->IsInterested()) ShowMiss(trace, found, listener);
        return false;
      }
      found.push_back(*next);
      from = *next + 1;
    }
    if (listener->IsInterested()) ShowFound(trace, found, listener);
    return true;
  }

  static void ShowFound(const TraceView& trace,
                        const std::vector<std::size_t>& found,
                        MatchResultListener* listener) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      *listener << (i == 0 ? "which has " : ", ") << "(" << i + 1 << ") as #"
                << trace[found[i]].record.index;
    }
  }

  void ShowMiss(const TraceView& trace, const std::vector<std::size_t>& found,
                MatchResultListener* listener) const {
    ShowFound(trace, found, listener);
    const EventMatcher& missed = events_[found.size()];
    const std::size_t from = found.empty() ? 0 : found.back() + 1;
    *listener << (found.empty() ? "which has no (" : ", but after that no (")
              << found.size() + 1 << ")";
    if (const auto early = FindEvent(trace, 0, missed)) {
      *listener << "; #" << trace[*early].record.index
                << " would be one, but is too early:";
      ShowAround(trace, *early, listener);
      *listener << "\n  and what comes last before the missing one is";
      ShowAround(trace, found.back(), listener);
      return;
    }
    ShowClosest(trace, from, missed, listener);
  }

  std::vector<EventMatcher> events_;
};

class CountCheck final : public EventsCheck {
 public:
  CountCheck(EventMatcher event, Matcher<std::uint64_t> count)
      : event_(std::move(event)), count_(std::move(count)) {}

  std::string Describe(bool negated) const override {
    return absl::StrCat("has a number that ", DescribeMatcher(count_, negated),
                        " of events each of which ", event_.Describe());
  }

 private:
  bool CheckEvents(const TraceView& trace,
                   MatchResultListener* listener) const override {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < trace.size(); ++i) {
      if (event_.Matches(trace[i])) found.push_back(i);
    }
    const bool matched = count_.Matches(found.size());
    if (!listener->IsInterested()) return matched;
    *listener << "which has " << found.size() << " of them";
    if (matched) return true;
    if (found.empty()) ShowClosest(trace, 0, event_, listener);
    for (std::size_t i = 0; i < std::min(found.size(), kShownEventsMax); ++i) {
      *listener << "\n    " << trace[found[i]];
    }
    if (found.size() > kShownEventsMax) {
      *listener << "\n    and " << found.size() - kShownEventsMax << " more";
    }
    return matched;
  }

  EventMatcher event_;
  Matcher<std::uint64_t> count_;
};

}  // namespace

bool EventMatcher::Matches(const TracedEvent& event) const {
  return std::all_of(conditions_.begin(), conditions_.end(),
                     [&](const Condition& c) { return c.Matches(event); });
}

std::string EventMatcher::Describe() const {
  std::string text;
  for (const Condition& condition : conditions_) {
    absl::StrAppend(&text, text.empty() ? "" : ", ",
                    DescribeMatcher(condition));
  }
  return text.empty() ? "is any" : text;
}

EventMatcher::operator Condition() const {
  if (conditions_.size() == 1) return conditions_[0];
  return ::testing::AllOfArray(conditions_);
}

namespace testing_internal {

EventMatcher::Condition IsOfKind(EventKind kind) {
  return Fact(KindText(kind),
              [kind](const TracedEvent& event) {
                return Kind(event.record.event) == kind;
              })
      .conditions()[0];
}

TraceMatcher MatchCount(EventMatcher event, Matcher<std::uint64_t> count) {
  return TraceMatcher(
      std::make_shared<CountCheck>(std::move(event), std::move(count)));
}

TraceMatcher MatchHas(EventMatcher event) {
  return TraceMatcher(std::make_shared<HasCheck>(std::move(event)));
}

TraceMatcher MatchInOrder(std::vector<EventMatcher> events) {
  return TraceMatcher(std::make_shared<InOrderCheck>(std::move(events)));
}

}  // namespace testing_internal

EventMatcher ByTask(Matcher<const std::string&> name) {
  return Part<const std::string&>(
      "by a task whose name ",
      [](const TracedEvent& event) { return event.by_name; }, std::move(name));
}

EventMatcher ByTask(CompactTaskId task) {
  return Fact(absl::StrCat("by ", ::testing::PrintToString(task)),
              [task](const TracedEvent& event) { return event.by == task; });
}

EventMatcher AboutTask(Matcher<const std::string&> name) {
  return Part<const std::string&>(
      "about a task whose name ",
      [](const TracedEvent& event) { return event.about_name; },
      std::move(name));
}

EventMatcher AboutTask(CompactTaskId task) {
  return Fact(absl::StrCat("about ", ::testing::PrintToString(task)),
              [task](const TracedEvent& event) { return event.about == task; });
}

EventMatcher AtTick(Matcher<std::uint64_t> tick) {
  return Part<std::uint64_t>(
      "at a tick that ",
      [](const TracedEvent& event) { return event.record.tick; },
      std::move(tick));
}

EventMatcher AtSite(absl::string_view file) {
  return Fact(absl::StrCat("at ", file),
              [file = std::string(file)](const TracedEvent& event) {
                return IsFile(event.site.file, file);
              });
}

EventMatcher AtSite(absl::string_view file, Matcher<std::uint32_t> line) {
  return Part<std::uint32_t>(
      absl::StrCat("at ", file, " and a line that "),
      [file = std::string(file)](
          const TracedEvent& event) -> std::optional<std::uint32_t> {
        if (!IsFile(event.site.file, file)) return std::nullopt;
        return event.site.line;
      },
      std::move(line));
}

EventMatcher OfKind(Matcher<EventKind> kind) {
  return Part<EventKind>(
      "of a kind that ",
      [](const TracedEvent& event) { return Kind(event.record.event); },
      std::move(kind));
}

EventMatcher WithOutcome(Matcher<OutcomeKind> outcome) {
  return Part<OutcomeKind>(
      "of a task with an outcome that ",
      [](const TracedEvent& event) -> std::optional<OutcomeKind> {
        const auto* end = std::get_if<TaskCompleted>(&event.record.event);
        if (end == nullptr) return std::nullopt;
        return static_cast<OutcomeKind>(end->outcome);
      },
      std::move(outcome));
}

EventMatcher WithCancelKind(Matcher<CancelKind> kind) {
  return Part<CancelKind>(
      "a cancel request of a kind that ",
      [](const TracedEvent& traced) -> std::optional<CancelKind> {
        const ReplayEvent& event = traced.record.event;
        if (const auto* task = std::get_if<TaskCancelRequested>(&event)) {
          return static_cast<CancelKind>(task->kind);
        }
        if (const auto* region = std::get_if<RegionCancelled>(&event)) {
          return static_cast<CancelKind>(region->kind);
        }
        return std::nullopt;
      },
      std::move(kind));
}

EventMatcher ATrace(Matcher<const std::string&> text) {
  return Part<const std::string&>(
      "a UserTrace with a text that ",
      [](const TracedEvent& event) -> std::optional<std::string> {
        const auto* trace = std::get_if<UserTrace>(&event.record.event);
        if (trace == nullptr) return std::nullopt;
        return trace->text;
      },
      std::move(text));
}

}  // namespace asupersync
