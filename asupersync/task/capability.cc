#include "asupersync/task/capability.h"

#include <string>
#include <vector>

#include "absl/strings/str_join.h"

namespace asupersync {

std::string Capabilities::ToString() const {
  std::vector<std::string> names;
  if (Has(Capability::kSpawn)) names.push_back("spawn");
  if (Has(Capability::kTime)) names.push_back("time");
  if (Has(Capability::kRandom)) names.push_back("random");
  if (Has(Capability::kIo)) names.push_back("io");
  return names.empty() ? "none" : absl::StrJoin(names, "|");
}

}  // namespace asupersync
