#include "asupersync/cli/event_fields.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/prng.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/random_events.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

class Join : public FieldVisitor {
 public:
  void Id(absl::string_view name, uint64_t id) override {
    absl::StrAppend(&text, name, "=", id, " ");
  }
  void Number(absl::string_view name, uint64_t value) override {
    absl::StrAppend(&text, name, "=", value, " ");
  }
  void Signed(absl::string_view name, int64_t value) override {
    absl::StrAppend(&text, name, "=", value, " ");
  }
  void Text(absl::string_view name, absl::string_view value) override {
    absl::StrAppend(&text, name, "='", value, "' ");
  }
  std::string text;
};

std::string FieldsOf(const ReplayEvent& event) {
  Join join;
  VisitFields(event, join);
  return join.text;
}

TEST(EventFieldsTest, FieldsHaveTheirStructsNames) {
  EXPECT_EQ(FieldsOf(TaskSpawned{CompactTaskId(2), CompactRegionId(3), 4,
                                 CompactTaskId(1)}),
            "task=2 region=3 at_tick=4 parent=1 ");
  EXPECT_EQ(FieldsOf(RegionCreated{CompactRegionId(3), CompactRegionId(1)}),
            "region=3 parent_region=1 ");
  EXPECT_EQ(FieldsOf(IoResult{7, -1}), "token=7 bytes=-1 ");
  EXPECT_EQ(FieldsOf(UserTrace{"hello"}), "text='hello' ");
  EXPECT_EQ(FieldsOf(ChaosInjection{1, CompactTaskId(5), 9}),
            "task=5 kind=1 data=9 ");
}

TEST(EventFieldsTest, NumbersThatStandForSomethingHaveNames) {
  class Names : public Join {
   public:
    void Named(absl::string_view name, uint64_t value,
               absl::string_view meaning) override {
      absl::StrAppend(&text, name, "=", value, ":", meaning, " ");
    }
  };
  const auto names = [](const ReplayEvent& event) {
    Names join;
    VisitFields(event, join);
    return join.text;
  };
  EXPECT_EQ(names(TaskCompleted{CompactTaskId(5), 2}),
            "task=5 outcome=2:cancelled ");
  EXPECT_EQ(names(TaskCancelRequested{CompactTaskId(5), 1}),
            "task=5 kind=1:timeout ");
  EXPECT_EQ(names(RegionCancelled{CompactRegionId(5), 8}),
            "region=5 kind=8:shutdown ");
  EXPECT_EQ(names(ObligationReserved{9, 1, CompactTaskId(5)}),
            "task=5 obligation=9 kind=1:lock ");
  EXPECT_EQ(names(ChaosInjection{1, CompactTaskId(5), 9}),
            "task=5 kind=1:delay data=9 ");
  EXPECT_EQ(names(Choice{1, 0, 2}), "kind=1:timer chosen=0 of=2 ");
  EXPECT_EQ(names(ObjectAccessed{3, 1}), "object=3 mode=1:write ");
  EXPECT_EQ(names(Choice{200, 0, 2}), "kind=200:unknown chosen=0 of=2 ");
}

// No field is left out: events of a kind that differ have other fields. (An
// absent task and task "none" of a ChaosInjection are written alike.)
TEST(EventFieldsTest, DifferentEventsHaveDifferentFields) {
  Prng prng(1);
  for (int number = 1; number <= kEventKindCount; ++number) {
    const auto kind = static_cast<EventKind>(number);
    int different = 0;
    for (int i = 0; i < 300; ++i) {
      const ReplayEvent a = RandomEvent(kind, 1, prng);
      const ReplayEvent b = RandomEvent(kind, 2, prng);
      const auto none = [](const ReplayEvent& event) {
        const auto* chaos = std::get_if<ChaosInjection>(&event);
        return chaos != nullptr && !(chaos->task.has_value() &&
                                     chaos->task->IsValid());
      };
      if (none(a) && none(b)) continue;
      different += a == b ? 0 : 1;
      EXPECT_EQ(FieldsOf(a) == FieldsOf(b), a == b) << a << " and " << b;
    }
    EXPECT_GT(different, 0) << kind;
  }
}

}  // namespace
}  // namespace asupersync::cli
