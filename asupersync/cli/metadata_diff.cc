#include "asupersync/cli/metadata_diff.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "asupersync/base/seed.h"
#include "asupersync/cli/quoting.h"

namespace asupersync::cli {
namespace {

std::string ConfigText(const TraceMetadata& metadata) {
  std::string text;
  for (const auto& [key, value] : metadata.config) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", key, "=", value);
  }
  return text;
}

}  // namespace

void CompareTexts(absl::string_view what, const std::string& a,
                  const std::string& b, Differences* differences) {
  if (a == b) return;
  const auto text = [](const std::string& value) {
    return value.empty() ? "\"\"" : Printable(value);
  };
  differences->push_back(
      absl::StrCat(what, ": ", text(a), " in A, ", text(b), " in B"));
}

Differences CompareMetadata(const TraceMetadata& a, const TraceMetadata& b) {
  Differences differences;
  const auto text = [&](absl::string_view what, const std::string& in_a,
                        const std::string& in_b) {
    CompareTexts(what, in_a, in_b, &differences);
  };
  const auto flag = [&](absl::string_view what, bool in_a, bool in_b) {
    text(what, in_a ? "yes" : "no", in_b ? "yes" : "no");
  };
  text("test", a.test_id, b.test_id);
  const auto seed = [&](absl::string_view what, uint64_t in_a, uint64_t in_b) {
    text(what, FormatSeed(in_a), FormatSeed(in_b));
  };
  seed("seed", a.seed, b.seed);
  seed("schedule_seed", a.schedule_seed, b.schedule_seed);
  seed("entropy_seed", a.entropy_seed, b.entropy_seed);
  seed("fault_seed", a.fault_seed, b.fault_seed);
  seed("fuzz_seed", a.fuzz_seed, b.fuzz_seed);
  text("config", ConfigText(a), ConfigText(b));
  text("config_hash", a.config_hash, b.config_hash);
  text("library_version", a.library_version, b.library_version);
  flag("random values recorded", a.rng_recorded, b.rng_recorded);
  flag("wakes recorded", a.wakers_recorded, b.wakers_recorded);
  flag("accesses recorded", a.accesses_recorded, b.accesses_recorded);
  text("first_event", absl::StrCat(a.first_event),
       absl::StrCat(b.first_event));
  text("start_tick", absl::StrCat(a.start_tick), absl::StrCat(b.start_tick));
  seed("start_certificate", a.start_certificate, b.start_certificate);
  return differences;
}

}  // namespace asupersync::cli
