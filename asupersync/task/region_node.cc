#include "asupersync/task/region_node.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace asupersync {

namespace {

// In preorder; null after the last one. `at` is `root` or below it.
template <class Region>
Region* NextRegion(Region& root, Region& at) {
  if (Region* const child = at.children.front()) return child;
  for (Region* done = &at; done != &root; done = done->parent) {
    if (Region* const next = done->parent->children.Next(*done)) return next;
  }
  return nullptr;
}

}  // namespace

RegionNode::~RegionNode() = default;

void VisitTasks(RegionNode& root, absl::FunctionRef<void(TaskNode&)> visit) {
  for (RegionNode* at = &root; at != nullptr; at = NextRegion(root, *at)) {
    for (TaskNode& task : at->tasks) visit(task);
  }
}

void VisitTasks(const RegionNode& root,
                absl::FunctionRef<void(const TaskNode&)> visit) {
  for (const RegionNode* at = &root; at != nullptr;
       at = NextRegion(root, *at)) {
    for (const TaskNode& task : at->tasks) visit(task);
  }
}

std::string RegionNode::DisplayName() const {
  if (name.empty()) return absl::StrCat("R", compact);
  return absl::StrCat("R", compact, " '", name, "'");
}

void RefreshScopeCancel(TaskNode& owner) {
  TaskExtras& extras = owner.Extras();
  owner.scope_cancel_depth = TaskNode::kNoScope;
  extras.scope_reason = nullptr;
  // The innermost one is visible wherever an outer one is.
  for (RegionNode* scope = extras.scope; scope != nullptr;
       scope = scope->outer_scope) {
    if (scope->cancel == nullptr) continue;
    owner.scope_cancel_depth = scope->mask_depth;
    extras.scope_reason = scope->cancel.get();
    return;
  }
}

}  // namespace asupersync
