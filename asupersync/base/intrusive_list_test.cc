#include "asupersync/base/intrusive_list.h"

#include <deque>
#include <list>
#include <memory>
#include <vector>

#include "asupersync/base/prng.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct ByTime {};
struct Item : ListNode<>, ListNode<ByTime> {
  explicit Item(int v) : value(v) {}
  int value;
};
using List = IntrusiveList<Item>;

static_assert(sizeof(ListNode<>) == 16);

std::vector<int> Values(const List& list) {
  std::vector<int> values;
  for (const Item& item : list) values.push_back(item.value);
  return values;
}

TEST(IntrusiveListTest, KeepsTheOrderOfPushes) {
  List list;
  Item one(1), two(2), three(3);
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.front(), nullptr);
  EXPECT_EQ(list.back(), nullptr);
  EXPECT_EQ(list.PopFront(), nullptr);
  list.PushBack(two);
  list.PushBack(three);
  list.PushFront(one);
  EXPECT_THAT(Values(list), ElementsAre(1, 2, 3));
  EXPECT_EQ(list.front(), &one);
  EXPECT_EQ(list.back(), &three);
  EXPECT_EQ(list.Next(one), &two);
  EXPECT_EQ(list.Next(three), nullptr);
  EXPECT_EQ(list.PopFront(), &one);
  EXPECT_THAT(Values(list), ElementsAre(2, 3));
  list.Clear();
  EXPECT_THAT(Values(list), IsEmpty());
}

TEST(IntrusiveListTest, RemoveTakesAnElementOutFromAnywhere) {
  for (int removed = 0; removed < 3; ++removed) {
    List list;
    std::deque<Item> items;
    for (int i = 0; i < 3; ++i) list.PushBack(items.emplace_back(i));
    list.Remove(items[removed]);
    EXPECT_FALSE(items[removed].ListNode<>::linked());
    std::vector<int> expected = {0, 1, 2};
    expected.erase(expected.begin() + removed);
    EXPECT_EQ(Values(list), expected);
    list.PushBack(items[removed]);
    expected.push_back(removed);
    EXPECT_EQ(Values(list), expected);
    list.Clear();
  }
}

TEST(IntrusiveListTest, AnElementIsInListsOfTwoTagsIndependently) {
  Item item(1);
  List list;
  IntrusiveList<Item, ByTime> by_time;
  list.PushBack(item);
  by_time.PushBack(item);
  item.ListNode<>::Unlink();
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(by_time.front(), &item);
  EXPECT_TRUE(item.ListNode<ByTime>::linked());
  by_time.Remove(item);
}

TEST(IntrusiveListTest, IterationMutatesThroughReferences) {
  List list;
  Item one(1), two(2);
  list.PushBack(one);
  list.PushBack(two);
  for (Item& item : list) item.value *= 10;
  EXPECT_THAT(Values(list), ElementsAre(10, 20));
  list.Clear();
}

// Against std::list as the reference.
TEST(IntrusiveListTest, AgreesWithStdListOnRandomOperations) {
  Prng prng(1);
  List list;
  std::list<int> reference;
  std::vector<std::unique_ptr<Item>> items;
  for (int i = 0; i < 20; ++i) items.push_back(std::make_unique<Item>(i));
  for (int step = 0; step < 5000; ++step) {
    Item& item = *items[prng.Below(items.size())];
    if (item.ListNode<>::linked()) {
      list.Remove(item);
      reference.remove(item.value);
    } else if (prng.Below(2) == 0) {
      list.PushBack(item);
      reference.push_back(item.value);
    } else {
      list.PushFront(item);
      reference.push_front(item.value);
    }
    ASSERT_EQ(Values(list),
              std::vector<int>(reference.begin(), reference.end()));
  }
  list.Clear();
}

TEST(IntrusiveListDeathTest, DestroyingALinkedElementAborts) {
  EXPECT_DEATH(
      {
        List list;
        Item item(1);
        list.PushBack(item);
      },
      "element was destroyed while it was in an IntrusiveList");
}

TEST(IntrusiveListDeathTest, DestroyingAListWithElementsAborts) {
  EXPECT_DEATH(
      {
        Item item(1);
        List list;
        list.PushBack(item);
      },
      "IntrusiveList was destroyed while it had elements");
}

TEST(IntrusiveListDeathTest, PushingTwiceAndRemovingTwiceAbort) {
  Item item(1);
  List list;
  EXPECT_DEATH(list.Remove(item), "in no IntrusiveList was removed");
  list.PushBack(item);
  EXPECT_DEATH(list.PushBack(item), "added to an IntrusiveList while");
  list.Remove(item);
}

}  // namespace
}  // namespace asupersync
