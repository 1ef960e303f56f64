// IntrusiveList<T>: a doubly linked list through links that its elements
// carry, so that joining and leaving never allocate and leaving is O(1).
//
//   struct Waiter : ListNode<> { ... };
//   IntrusiveList<Waiter> waiters;
//   Waiter waiter;                 // for instance in a coroutine frame
//   waiters.PushBack(waiter);
//   waiters.Remove(waiter);        // when it is cancelled
//
// An element in several lists at once has one base for each, told apart by
// `Tag`: struct Both : ListNode<ByTime>, ListNode<ByTask>, and
// IntrusiveList<Both, ByTime>.
//
// Determinism: the order is that of the calls alone.
//
// Lifetime: the list owns nothing. Elements stay where they are and must leave
// the list before they are destroyed; a list must be empty when it is
// destroyed. Both are checked in every build, and abort with a message.
//
// Invariants:
//  1. A node is two pointers, 16 bytes; both are null exactly when it is in no
//     list.
//  2. The links form a circle through the list's own node.
//  3. A node is in at most one list of its tag.
#ifndef ASUPERSYNC_BASE_INTRUSIVE_LIST_H_
#define ASUPERSYNC_BASE_INTRUSIVE_LIST_H_

#include <cstddef>
#include <iterator>
#include <type_traits>

namespace asupersync {

namespace internal_intrusive_list {
// Prints `what` and aborts.
[[noreturn]] void Fail(const char* what);
}  // namespace internal_intrusive_list

template <class T, class Tag>
class IntrusiveList;

// The links of one element; a public base class of it.
template <class Tag = void>
class ListNode {
 public:
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() {
    if (linked()) [[unlikely]] {
      internal_intrusive_list::Fail(
          "an element was destroyed while it was in an IntrusiveList; remove "
          "it first");
    }
  }

  bool linked() const { return next_ != nullptr; }

  // Leaves its list, whichever that is. REQUIRES: linked().
  void Unlink() {
    if (!linked()) [[unlikely]] {
      internal_intrusive_list::Fail(
          "an element that is in no IntrusiveList was removed");
    }
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = nullptr;
  }

  // Tells the processor that Unlink() is near. No effect but on time.
  void PrefetchNeighbours() const {
    __builtin_prefetch(prev_, 1);
    __builtin_prefetch(next_, 1);
  }

  // Leaves its list; `other` stands in its place. REQUIRES: linked(), and
  // `other` is in no list.
  void GivePlaceTo(ListNode& other) {
    ListNode* const next = next_;
    Unlink();
    other.InsertBefore(next);
  }

 private:
  template <class T, class U>
  friend class IntrusiveList;
  template <class T, class U>
  friend class IntrusiveRing;

  void InsertBefore(ListNode* position) {
    if (linked()) [[unlikely]] {
      internal_intrusive_list::Fail(
          "an element was added to an IntrusiveList while it was in one");
    }
    prev_ = position->prev_;
    next_ = position;
    prev_->next_ = this;
    position->prev_ = this;
  }

  ListNode* prev_ = nullptr;
  ListNode* next_ = nullptr;
};

template <class T, class Tag = void>
class IntrusiveList {
  using Node = ListNode<Tag>;

  template <class Value>
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = Value*;
    using reference = Value&;

    Iterator() = default;
    explicit Iterator(Node* node) : node_(node) {}

    Value& operator*() const { return *static_cast<T*>(node_); }
    Value* operator->() const { return static_cast<T*>(node_); }
    Iterator& operator++() {
      node_ = node_->next_;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(Iterator, Iterator) = default;

   private:
    Node* node_ = nullptr;
  };

 public:
  using iterator = Iterator<T>;
  using const_iterator = Iterator<const T>;

  IntrusiveList() {
    root_.prev_ = &root_;
    root_.next_ = &root_;
  }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() {
    if (!empty()) [[unlikely]] {
      internal_intrusive_list::Fail(
          "an IntrusiveList was destroyed while it had elements; remove them "
          "first");
    }
    root_.prev_ = root_.next_ = nullptr;
  }

  bool empty() const { return root_.next_ == &root_; }

  // The first and the last element, or nullptr if there is none.
  T* front() const { return empty() ? nullptr : static_cast<T*>(root_.next_); }
  T* back() const { return empty() ? nullptr : static_cast<T*>(root_.prev_); }

  // The one after `element`, or nullptr if that is the last.
  // REQUIRES: `element` is in this list.
  T* Next(const T& element) const {
    Node* const next = static_cast<const Node&>(element).next_;
    return next == &root_ ? nullptr : static_cast<T*>(next);
  }

  // REQUIRES: `element` is in no list of this tag.
  void PushBack(T& element) { NodeOf(element).InsertBefore(&root_); }
  void PushFront(T& element) { NodeOf(element).InsertBefore(root_.next_); }

  // Removes and returns the first element, or nullptr if there is none.
  T* PopFront() {
    T* element = front();
    if (element != nullptr) NodeOf(*element).Unlink();
    return element;
  }

  // REQUIRES: `element` is in this list.
  void Remove(T& element) { NodeOf(element).Unlink(); }

  // Removes every element. O(n).
  void Clear() {
    while (PopFront() != nullptr) {
    }
  }

  // From the front to the back. Removing the element that an iterator stands
  // on invalidates that iterator; other changes do not.
  iterator begin() { return iterator(root_.next_); }
  iterator end() { return iterator(&root_); }
  const_iterator begin() const { return const_iterator(root_.next_); }
  const_iterator end() const {
    return const_iterator(const_cast<Node*>(&root_));
  }

 private:
  static Node& NodeOf(T& element) {
    static_assert(std::is_base_of_v<Node, T>,
                  "the element type needs the public base ListNode<Tag>");
    return element;
  }

  Node root_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_INTRUSIVE_LIST_H_
