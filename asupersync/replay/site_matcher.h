// SiteMatcher tells whether a line of the program that runs is the line that a
// trace names, although lines have moved or functions were renamed since.
//
//   SiteMatcher matcher(trace.sites());
//   if (matcher.Same(running_sites.Get(id), recorded_id)) ...
//
// Two sites are the same if they stand at the same column and
//   - in functions of the same name, or
//   - in one file, in functions that only one of the two programs has.
// A column stands for the text of its line up to the call, so that a moved
// line keeps it and a new one rarely has it. A function is compared by its name
// alone when none of its first three sites has a recorded column (it was
// indented anew), or when no site of the program has (it was compiled by
// another compiler). A trace without sites says nothing: all are the same.
//
// Determinism: a function of the sites given to Note() and of the trace.
//
// Lifetime: copies what it needs.
#ifndef ASUPERSYNC_REPLAY_SITE_MATCHER_H_
#define ASUPERSYNC_REPLAY_SITE_MATCHER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/site_table.h"

namespace asupersync {

class SiteMatcher {
 public:
  // `recorded`: the site with id i + 1 is element i.
  explicit SiteMatcher(const std::vector<Site>& recorded);

  // The running program has this site; `running` is its number there. To be
  // called before Same() is asked about the number. O(1) the second time.
  void Note(SiteId running, const SiteTable& sites);

  // Whether site `running` of the program is site `recorded` of the trace. An
  // unknown site is the same as an unknown one alone. O(1).
  bool Same(SiteId running, SiteId recorded) const;

  // The same for a recorded site in front of which `skipped` operations of the
  // trace would be missing: the column must agree, and the line may have moved
  // up by no more than those can have taken, compared with what Learn() saw.
  bool SameAfter(SiteId running, SiteId recorded, uint32_t skipped) const;

  // The two are the same: how far the lines around have moved.
  void Learn(SiteId running, SiteId recorded);

  void Reset();

 private:
  struct Key {
    uint32_t file = 0;  // numbers of texts; 0: the unknown site
    uint32_t function = 0;
    uint32_t column = 0;
    uint32_t line = 0;
  };

  uint32_t Number(const std::string& text);
  Key KeyOf(const Site& site);
  Key RunningKey(SiteId id) const;
  Key RecordedKey(SiteId id) const;
  bool ColumnsTell(uint32_t function) const;

  // Looked up only, never iterated.
  absl::flat_hash_map<std::string, uint32_t> numbers_;
  std::vector<Key> recorded_;
  std::vector<Key> running_;  // by number; those not noted are unknown
  absl::flat_hash_set<uint32_t> recorded_functions_;
  absl::flat_hash_set<uint64_t> recorded_columns_;  // with their function
  // How many sites of the running program a function has.
  absl::flat_hash_map<uint32_t, uint32_t> running_functions_;
  // Functions with a site at a recorded column.
  absl::flat_hash_set<uint32_t> common_columns_;
  uint32_t noted_ = 0;
  // Lines by which a function, or the last function of a file, has moved.
  absl::flat_hash_map<uint32_t, int64_t> moved_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_SITE_MATCHER_H_
