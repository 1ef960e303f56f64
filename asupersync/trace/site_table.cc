#include "asupersync/trace/site_table.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace asupersync {
namespace {

Site MakeSite(const std::source_location& location) {
  absl::string_view file = location.file_name();
  absl::string_view function = location.function_name();
  if (file.size() > kSiteTextBytesMax) {
    file.remove_prefix(file.size() - kSiteTextBytesMax);
  }
  return {std::string(file), location.line(), location.column(),
          std::string(function.substr(0, kSiteTextBytesMax))};
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

SiteId SiteTable::InternSlow(const std::source_location& location, Key key) {
  const Content content{location.file_name(), location.function_name(),
                        location.line(), location.column()};
  if (content.file.empty()) return SiteId();
  CacheEntry& entry = cache_[Slot(key)];
  // known_index survives Reset() in the cache, so that a known pointer costs
  // no string hash in the next execution.
  uint32_t index;
  if (entry.key == key && entry.epoch != 0) {
    index = entry.known_index;
  } else {
    const auto [it, is_new] =
        by_content_.try_emplace(content, static_cast<uint32_t>(known_.size()));
    index = it->second;
    if (is_new) known_.push_back({location, 0, 0});
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

Site SiteTable::Get(SiteId id) const {
  if (!id.IsValid() || id.AsRaw() > order_.size()) return Site();
  return MakeSite(known_[order_[id.AsRaw() - 1]].location);
}

std::vector<Site> SiteTable::Sites() const {
  std::vector<Site> sites;
  sites.reserve(order_.size());
  for (const uint32_t index : order_) {
    sites.push_back(MakeSite(known_[index].location));
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
