#include "asupersync/trace/site_table.h"

#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace asupersync {
namespace {

SiteView ViewOf(const std::source_location& location) {
  absl::string_view file = location.file_name();
  absl::string_view function = location.function_name();
  if (file.size() > kSiteTextBytesMax) {
    file.remove_prefix(file.size() - kSiteTextBytesMax);
  }
  return {file, location.line(), location.column(),
          function.substr(0, kSiteTextBytesMax)};
}

Site MakeSite(const SiteView& view) {
  return {std::string(view.file), view.line, view.column,
          std::string(view.function)};
}

bool Same(const std::source_location& a, const std::source_location& b) {
  return a.line() == b.line() && a.column() == b.column() &&
         std::strcmp(a.file_name(), b.file_name()) == 0 &&
         std::strcmp(a.function_name(), b.function_name()) == 0;
}

}  // namespace

std::string ShortFunctionName(absl::string_view function) {
  // What would be lost with the brackets around it.
  std::string text =
      absl::StrReplaceAll(function, {{"<lambda(", "lambda<("},         // gcc
                                     {"(anonymous class)", "lambda"},  // clang
                                     {"(lambda)", "lambda"},
                                     {"{anonymous}::", ""},
                                     {"(anonymous namespace)::", ""},
                                     {"<unnamed>::", ""},
                                     {"::operator()", ""},
                                     {"operator->", "operator"},
                                     {"operator<", "operator"},
                                     {"operator>", "operator"}});
  // gcc appends " [with T = int]" and to a lambda "::_ZZ...Frame".
  text = text.substr(0, text.find(" [with "));
  std::string name;
  int depth = 0;
  for (const char c : text) {
    if (c == '(' || c == '<' || c == '[') {
      ++depth;
    } else if (c == ')' || c == '>' || c == ']') {
      --depth;
    } else if (depth == 0) {
      name.push_back(c);
    }
    if (depth < 0) return std::string(function);  // not a name we understand
  }
  if (depth != 0) return std::string(function);
  absl::StripTrailingAsciiWhitespace(&name);
  // The name is the last word, but for qualifiers behind it.
  for (const absl::string_view qualifier :
       {" const", " mutable", " noexcept", " static", " &", " &&"}) {
    while (absl::EndsWith(name, qualifier)) {
      name.resize(name.size() - qualifier.size());
    }
  }
  name = name.substr(name.find_last_of(" *&") + 1);
  return name.empty() ? std::string(function) : name;
}

std::string ToString(const Site& site) {
  if (site.file.empty()) return "unknown site";
  std::string text = absl::StrCat(site.file, ":", site.line);
  if (!site.function.empty()) {
    absl::StrAppend(&text, " ", ShortFunctionName(site.function));
  }
  return text;
}

std::ostream& operator<<(std::ostream& out, const Site& site) {
  return out << ToString(site);
}

uint32_t SiteTable::IndexByContent(const std::source_location& location) {
  const auto content_of = [](const std::source_location& of) {
    return Content{of.file_name(), of.function_name(), of.line(), of.column()};
  };
  if (by_content_.empty()) {
    for (uint32_t i = 0; i < known_.size(); ++i) {
      by_content_.emplace(content_of(known_[i].location), i);
    }
  }
  const auto [it, is_new] = by_content_.try_emplace(
      content_of(location), static_cast<uint32_t>(known_.size()));
  if (is_new) known_.push_back({location, 0, 0});
  return it->second;
}

uint32_t SiteTable::IndexOf(const std::source_location& location) {
  if (known_.size() > kScannedMax) return IndexByContent(location);
  for (uint32_t i = 0; i < known_.size(); ++i) {
    if (Same(known_[i].location, location)) return i;
  }
  known_.push_back({location, 0, 0});
  return static_cast<uint32_t>(known_.size() - 1);
}

SiteId SiteTable::InternSlow(const std::source_location& location, Key key) {
  if (*location.file_name() == '\0') return SiteId();
  CacheEntry& entry = cache_[Slot(key)];
  // known_index survives Reset() in the cache, so that a known pointer costs
  // no string hash in the next execution.
  uint32_t index;
  if (entry.key == key && entry.epoch != 0) {
    index = entry.known_index;
  } else {
    index = IndexOf(location);
  }
  Known& known = known_[index];
  if (known.epoch != epoch_) {
    known.epoch = epoch_;
    order_.push_back(index);
    known.id = static_cast<uint32_t>(order_.size());
  }
  entry = {key, epoch_, known.id, index};
  return SiteId(known.id);
}

SiteView SiteTable::View(SiteId id) const {
  if (!id.IsValid() || id.AsRaw() > order_.size()) return SiteView();
  return ViewOf(known_[order_[id.AsRaw() - 1]].location);
}

Site SiteTable::Get(SiteId id) const { return MakeSite(View(id)); }

std::vector<Site> SiteTable::Sites() const {
  std::vector<Site> sites;
  sites.reserve(order_.size());
  for (const uint32_t index : order_) {
    sites.push_back(MakeSite(ViewOf(known_[index].location)));
  }
  return sites;
}

void SiteTable::Reset() {
  order_.clear();
  if (++epoch_ != 0) return;
  // After 2^32 executions the epochs start over.
  epoch_ = 1;
  cache_.fill({});
  for (Known& known : known_) known.epoch = 0;
}

}  // namespace asupersync
