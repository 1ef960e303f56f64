#include "asupersync/task/shared_object.h"

#include <cstdint>

#include "asupersync/task/execution_context.h"
#include "asupersync/task/task_node.h"
#include "asupersync/trace/fingerprint.h"

namespace asupersync {
namespace {

// The parent of objects made outside any scope: those in a scope must not have
// their identities.
constexpr std::uint64_t kNoScope = 1;

ObjectId NextObjectId() {
  ExecutionContext& context = execution_context;
  if (context.task == nullptr) {
    if (context.scope != nullptr) {
      return ChildIdentity<ObjectId>(0, context.scope->NextObject());
    }
    return ChildIdentity<ObjectId>(kNoScope, context.unscoped_objects++);
  }
  return ChildIdentity<ObjectId>(context.task->identity,
                                 context.task->Extras().made_objects++);
}

}  // namespace

SharedObject::SharedObject(const char* kind)
    : id_(NextObjectId()), kind_(kind) {}

SharedObject::~SharedObject() {
  FoataFingerprint* fingerprint = execution_context.fingerprint;
  if (fingerprint != nullptr) fingerprint->Forget(foata_);
}

}  // namespace asupersync
