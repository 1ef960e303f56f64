#include "asupersync/task/call_chain.h"

#include <utility>

namespace asupersync {

bool CallChain::Resume() {
  while (leaf_ != nullptr) {
    PromiseBase& leaf = *leaf_;
    if (leaf.completion != nullptr) {
      Completion* completion = std::exchange(leaf.completion, nullptr);
      if (!completion->Deliver(leaf)) {
        // The error is already where the caller expects it.
        PopLeaf();
        continue;
      }
    }
    leaf.handle.resume();
    switch (action_) {
      case Action::kSuspend:
        return true;
      case Action::kContinue:
        break;
      case Action::kReturn:
        PopLeaf();
        break;
    }
  }
  return false;
}

void CallChain::PopLeaf() noexcept {
  PromiseBase* ended = leaf_;
  leaf_ = ended->caller;
  ended->handle.destroy();
}

void CallChain::Destroy() noexcept {
  while (leaf_ != nullptr) PopLeaf();
}

}  // namespace asupersync
