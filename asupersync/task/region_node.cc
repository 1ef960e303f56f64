#include "asupersync/task/region_node.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace asupersync {

RegionNode::~RegionNode() = default;

std::string RegionNode::DisplayName() const {
  if (name.empty()) return absl::StrCat("R", compact);
  return absl::StrCat("R", compact, " '", name, "'");
}

}  // namespace asupersync
