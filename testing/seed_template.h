// Texts that stay the same from one execution of a sweep to the next but for
// the seeds that they name, which can be replaced where the text stands: in a
// file that is memory and that somebody reads when this process is killed.
//
//   SeedTemplate log(Render(SeedTemplate::Placeholders()));
//   Write(path, log.With(SeedTexts(seeds)));
//   char* memory = Map(path);
//   log.StoreInto(memory, SeedTexts(next_seeds));
//
// Determinism: pure functions of their arguments.
//
// Lifetime: StoreInto() writes into memory that the caller owns.
#ifndef ASUPERSYNC_TESTING_SEED_TEMPLATE_H_
#define ASUPERSYNC_TESTING_SEED_TEMPLATE_H_

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "asupersync/base/seed.h"

namespace asupersync {
namespace testing_internal {

// What FormatSeed() makes of each seed; for several templates at once.
struct SeedTexts {
  static constexpr std::size_t kBytes = 18;

  explicit SeedTexts(const DerivedSeeds& seeds);
  char of[5][kBytes];
};

// A text in which seeds stand as FormatSeed() writes them.
class SeedTemplate {
 public:
  // Seeds that no test has: to render a template with.
  static DerivedSeeds Placeholders();

  SeedTemplate() = default;
  // `text` was rendered with Placeholders().
  explicit SeedTemplate(std::string text);

  // The text with these seeds. O(occurrences).
  const std::string& With(const SeedTexts& seeds);
  // As With() has left it.
  const std::string& text() const { return text_; }

  // Puts the seeds into a copy of the text at `memory`. A death of this thread
  // in the middle leaves a text of some old and some new seeds, whose first one
  // is new only if all are: it is stored last.
  void StoreInto(char* memory, const SeedTexts& seeds) const;

 private:
  std::string text_;
  std::vector<std::pair<std::size_t, int>> slots_;  // offset, which seed
};

// The seeds of a manifest: JSON numbers, with room for any other.
class SeedNumbers {
 public:
  static constexpr std::size_t kDigitsMax = 20;  // of 2^64 - 1

  SeedNumbers() = default;
  // Makes room for kDigitsMax characters behind each of the manifest's seeds.
  // REQUIRES: `json` is by ToJson().
  explicit SeedNumbers(std::string* json);

  // Puts the seeds into a copy of the JSON at `memory`. At any instruction in
  // the middle it is the JSON of a manifest, whose seeds are each old, new, 0
  // or the first digits of the old or the new one.
  void StoreInto(char* memory, const DerivedSeeds& seeds) const;

 private:
  std::array<std::size_t, 5> slots_ = {};
};

// Makes room for `width` characters where the value of the top-level field
// `name`, a number or an empty text, stands in `json`, as ToJson() writes it;
// returns where it begins.
std::size_t WidenValue(absl::string_view name, std::size_t width,
                       std::string* json);

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_SEED_TEMPLATE_H_
