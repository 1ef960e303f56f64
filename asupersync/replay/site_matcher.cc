#include "asupersync/replay/site_matcher.h"

namespace asupersync {
namespace {

// Programs are built in different folders.
std::string FileName(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

uint64_t Pair(uint32_t function, uint32_t column) {
  return uint64_t{function} << 32 | column;
}

}  // namespace

SiteMatcher::SiteMatcher(const std::vector<Site>& recorded) {
  for (const Site& site : recorded) {
    const Key key = KeyOf(site);
    recorded_.push_back(key);
    recorded_functions_.insert(key.function);
    recorded_columns_.insert(Pair(key.function, key.column));
  }
}

uint32_t SiteMatcher::Number(const std::string& text) {
  return numbers_.emplace(text, numbers_.size() + 1).first->second;
}

SiteMatcher::Key SiteMatcher::KeyOf(const Site& site) {
  if (site == Site()) return Key();
  // The prefix keeps a file and a function of one name apart.
  return {Number("file " + FileName(site.file)),
          Number("function " + ShortFunctionName(site.function)),
          site.column, site.line};
}

void SiteMatcher::Note(SiteId running, const SiteTable& sites) {
  const uint32_t number = running.AsRaw();
  if (number == 0) return;
  if (number < running_.size() && running_[number].file != 0) return;
  if (number >= running_.size()) running_.resize(number + 1);
  const Key key = KeyOf(sites.Get(running));
  running_[number] = key;
  ++running_functions_[key.function];
  ++noted_;
  if (recorded_columns_.contains(Pair(key.function, key.column))) {
    common_columns_.insert(key.function);
  }
}

SiteMatcher::Key SiteMatcher::RunningKey(SiteId id) const {
  return id.AsRaw() < running_.size() ? running_[id.AsRaw()] : Key();
}

SiteMatcher::Key SiteMatcher::RecordedKey(SiteId id) const {
  return id.AsRaw() == 0 || id.AsRaw() > recorded_.size()
             ? Key()
             : recorded_[id.AsRaw() - 1];
}

bool SiteMatcher::ColumnsTell(uint32_t function) const {
  constexpr uint32_t kEnoughSites = 3;
  if (common_columns_.empty()) return noted_ < kEnoughSites;
  const auto sites = running_functions_.find(function);
  return common_columns_.contains(function) ||
         sites == running_functions_.end() || sites->second < kEnoughSites;
}

bool SiteMatcher::Same(SiteId running, SiteId recorded) const {
  if (recorded_.empty()) return true;
  const Key now = RunningKey(running);
  const Key then = RecordedKey(recorded);
  if (now.file == 0 || then.file == 0) return now.file == then.file;
  if (now.function == then.function) {
    return now.column == then.column || !ColumnsTell(now.function);
  }
  return now.file == then.file && now.column == then.column &&
         !recorded_functions_.contains(now.function) &&
         !running_functions_.contains(then.function);
}

bool SiteMatcher::SameAfter(SiteId running, SiteId recorded,
                            uint32_t skipped) const {
  constexpr int64_t kLinesOfAnOperation = 3;
  const Key now = RunningKey(running);
  const Key then = RecordedKey(recorded);
  if (now.column != then.column || !Same(running, recorded)) return false;
  auto moved = moved_.find(now.function);
  if (moved == moved_.end()) moved = moved_.find(now.file);
  const int64_t change = int64_t{now.line} - int64_t{then.line} -
                         (moved == moved_.end() ? 0 : moved->second);
  return change <= 0 && -change <= kLinesOfAnOperation * int64_t{skipped};
}

void SiteMatcher::Learn(SiteId running, SiteId recorded) {
  const Key now = RunningKey(running);
  const Key then = RecordedKey(recorded);
  if (now.file == 0 || then.file == 0) return;
  const int64_t moved = int64_t{now.line} - int64_t{then.line};
  moved_[now.function] = moved;
  moved_[now.file] = moved;
}

void SiteMatcher::Reset() {
  running_.clear();
  running_functions_.clear();
  common_columns_.clear();
  noted_ = 0;
  moved_.clear();
}

}  // namespace asupersync
