#ifndef ASUPERSYNC_TASK_SHARED_OBJECT_H_
#define ASUPERSYNC_TASK_SHARED_OBJECT_H_

#include "asupersync/base/ids.h"
#include "asupersync/trace/fingerprint.h"

namespace asupersync {

// How a step touched an object. Two steps of different tasks are dependent
// when they touch one object and at least one of them writes.
enum class Access : bool { kRead = false, kWrite = true };

// The identity of something that tasks share, and its place in the
// happens-before order of the execution. Every primitive holds one and reports
// what a step does to it with Runtime::Touch().
//
// Determinism: the identity is (identity of the task that made the object,
// how many objects that task had made), or, outside any step, the number of
// the object in the current IdentityScope. Outside any scope it is the number
// of the object on this thread, which is different in each execution: make
// objects after the runtime, or inside a scope.
class SharedObject {
 public:
  // `kind` names the primitive in reports ("mutex"); a literal.
  explicit SharedObject(const char* kind);
  SharedObject(const SharedObject&) = delete;
  SharedObject& operator=(const SharedObject&) = delete;
  ~SharedObject();

  ObjectId id() const { return id_; }
  const char* kind() const { return kind_; }

 private:
  friend class Runtime;

  ObjectId id_;
  const char* kind_;
  ObjectFoata foata_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_SHARED_OBJECT_H_
