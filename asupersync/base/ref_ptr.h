// RefPtr<T>: shared ownership within one thread, counted in the object.
//
//   struct State : RefCounted<State> { ... };
//   RefPtr<State> state = MakeRef<State>(arguments...);
//
// std::shared_ptr counts atomically in a program that has threads, and every
// guard and operation of every primitive holds one of these.
//
// Lifetime: the object is deleted with its last RefPtr.
#ifndef ASUPERSYNC_BASE_REF_PTR_H_
#define ASUPERSYNC_BASE_REF_PTR_H_

#include <cstdint>
#include <utility>

namespace asupersync {

template <class T>
class RefPtr;

// The count of an object of the class `T`, which derives from this.
template <class T>
class RefCounted {
 public:
  RefCounted() = default;
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;

 protected:
  ~RefCounted() = default;

 private:
  friend class RefPtr<T>;
  uint32_t references_ = 0;
};

template <class T>
class RefPtr {
 public:
  RefPtr() = default;
  explicit RefPtr(T* object) : object_(object) { Ref(); }
  RefPtr(const RefPtr& other) : object_(other.object_) { Ref(); }
  RefPtr(RefPtr&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)) {}
  RefPtr& operator=(RefPtr other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~RefPtr() {
    if (object_ != nullptr && --object_->RefCounted<T>::references_ == 0) {
      delete object_;
    }
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  void Ref() {
    if (object_ != nullptr) ++object_->RefCounted<T>::references_;
  }

  T* object_ = nullptr;
};

template <class T, class... Args>
RefPtr<T> MakeRef(Args&&... args) {
  return RefPtr<T>(new T(std::forward<Args>(args)...));
}

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_REF_PTR_H_
