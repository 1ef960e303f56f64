#include "asupersync/base/intrusive_ring.h"

#include <memory>
#include <random>
#include <vector>

#include "asupersync/base/intrusive_list.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;

struct Item : ListNode<> {
  explicit Item(int n) : number(n) {}
  int number;
};

std::vector<int> TakeAll(IntrusiveRing<Item>& ring) {
  std::vector<int> numbers;
  while (Item* item = ring.PopFront()) numbers.push_back(item->number);
  return numbers;
}

TEST(IntrusiveRing, IsAsLargeAsAPointer) {
  EXPECT_EQ(sizeof(IntrusiveRing<Item>), sizeof(void*));
}

TEST(IntrusiveRing, GivesElementsInTheOrderOfAdding) {
  Item a(1), b(2), c(3);
  IntrusiveRing<Item> ring;
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.front(), nullptr);
  for (Item* item : {&a, &b, &c}) ring.PushBack(*item);
  EXPECT_EQ(ring.front(), &a);
  EXPECT_THAT(TakeAll(ring), ElementsAre(1, 2, 3));
  EXPECT_FALSE(a.linked() || b.linked() || c.linked());
}

TEST(IntrusiveRing, AnElementLeavesFromAnyPlace) {
  for (int gone = 1; gone <= 3; ++gone) {
    Item items[] = {Item(1), Item(2), Item(3)};
    IntrusiveRing<Item> ring;
    for (Item& item : items) ring.PushBack(item);
    ring.Remove(items[gone - 1]);
    EXPECT_FALSE(items[gone - 1].linked());
    std::vector<int> left = TakeAll(ring);
    EXPECT_EQ(left.size(), 2u);
    for (int number : left) EXPECT_NE(number, gone);
    EXPECT_LT(left[0], left[1]);
  }
}

TEST(IntrusiveRing, DoesWhatAListDoes) {
  std::mt19937 random(7);
  std::vector<std::unique_ptr<Item>> items;
  IntrusiveRing<Item> ring;
  std::vector<Item*> list;
  for (int i = 0; i < 50; ++i) items.push_back(std::make_unique<Item>(i));
  for (int round = 0; round < 10000; ++round) {
    Item& item = *items[random() % items.size()];
    if (!item.linked()) {
      ring.PushBack(item);
      list.push_back(&item);
    } else if (random() % 2 == 0) {
      ring.Remove(item);
      std::erase(list, &item);
    } else {
      ASSERT_EQ(ring.PopFront(), list.front());
      list.erase(list.begin());
    }
    ASSERT_EQ(ring.front(), list.empty() ? nullptr : list.front());
  }
  while (ring.PopFront() != nullptr) {
  }
}

TEST(IntrusiveRingDeathTest, MustBeEmptyAtItsEnd) {
  Item item(1);
  EXPECT_DEATH(
      {
        IntrusiveRing<Item> ring;
        ring.PushBack(item);
      },
      "destroyed while it had elements");
}

TEST(IntrusiveRingDeathTest, TakesNoElementTwice) {
  Item item(1);
  IntrusiveRing<Item> one;
  IntrusiveRing<Item> other;
  one.PushBack(item);
  EXPECT_DEATH(other.PushBack(item), "while it was in a list");
  EXPECT_DEATH(one.PushBack(item), "while it was in one");
  one.Remove(item);
}

}  // namespace
}  // namespace asupersync
