// FakeCandidates: a CandidateView over a vector, for tests of choice sources.
#ifndef ASUPERSYNC_CHOICE_FAKE_CANDIDATES_H_
#define ASUPERSYNC_CHOICE_FAKE_CANDIDATES_H_

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "asupersync/base/ids.h"
#include "asupersync/choice/choice_source.h"

namespace asupersync {

class FakeCandidates final : public CandidateView {
 public:
  FakeCandidates() = default;
  explicit FakeCandidates(std::vector<Candidate> candidates)
      : candidates_(std::move(candidates)) {}

  // Ready tasks of these compact numbers, each of the identity that child
  // number `compact` of a root has.
  static FakeCandidates Tasks(const std::vector<uint64_t>& compact_numbers) {
    std::vector<Candidate> candidates;
    for (uint64_t compact : compact_numbers) {
      candidates.push_back(Candidate{
          ChildIdentity<TaskId>(0, compact).AsRaw(), compact, Lane::kReady});
    }
    return FakeCandidates(std::move(candidates));
  }

  uint32_t size() const { return static_cast<uint32_t>(candidates_.size()); }

  Candidate At(uint32_t i) const override { return candidates_.at(i); }
  std::optional<uint32_t> IndexOf(uint64_t compact) const override {
    for (uint32_t i = 0; i < size(); ++i) {
      if (candidates_[i].compact == compact) return i;
    }
    return std::nullopt;
  }

 private:
  std::vector<Candidate> candidates_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_CHOICE_FAKE_CANDIDATES_H_
