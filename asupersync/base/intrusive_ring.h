// IntrusiveRing<T>: a queue like IntrusiveList<T>, in one pointer.
//
//   IntrusiveRing<Waiter> waiters;
//   waiters.PushBack(waiter);
//   waiters.Remove(waiter);
//
// For what exists a million times and nearly always has at most one element:
// half the size of an IntrusiveList, but an element cannot leave without the
// ring (ListNode::Unlink must not be used).
//
// Determinism, lifetime: as IntrusiveList.
//
// Invariants:
//  1. The links of the elements form a circle, from first_ on in the order of
//     the queue.
#ifndef ASUPERSYNC_BASE_INTRUSIVE_RING_H_
#define ASUPERSYNC_BASE_INTRUSIVE_RING_H_

#include "asupersync/base/intrusive_list.h"

namespace asupersync {

template <class T, class Tag = void>
class IntrusiveRing {
  using Node = ListNode<Tag>;

 public:
  IntrusiveRing() = default;
  IntrusiveRing(const IntrusiveRing&) = delete;
  IntrusiveRing& operator=(const IntrusiveRing&) = delete;
  ~IntrusiveRing() {
    if (!empty()) [[unlikely]] {
      internal_intrusive_list::Fail(
          "an IntrusiveRing was destroyed while it had elements; remove them "
          "first");
    }
  }

  bool empty() const { return first_ == nullptr; }
  // The first element, or nullptr if there is none.
  T* front() const { return static_cast<T*>(first_); }

  // REQUIRES: `element` is in no list or ring of this tag.
  void PushBack(T& element) {
    Node& node = element;
    if (first_ == nullptr) {
      if (node.linked()) [[unlikely]] {
        internal_intrusive_list::Fail(
            "an element was added to an IntrusiveRing while it was in a list");
      }
      node.prev_ = node.next_ = &node;
      first_ = &node;
    } else {
      node.InsertBefore(first_);
    }
  }

  // REQUIRES: `element` is in this ring.
  void Remove(T& element) {
    Node& node = element;
    if (node.next_ == &node) {
      node.prev_ = node.next_ = nullptr;
      first_ = nullptr;
      return;
    }
    if (first_ == &node) first_ = node.next_;
    node.Unlink();
  }

  // Removes and returns the first element, or nullptr if there is none.
  T* PopFront() {
    T* const element = front();
    if (element != nullptr) Remove(*element);
    return element;
  }

 private:
  Node* first_ = nullptr;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_INTRUSIVE_RING_H_
