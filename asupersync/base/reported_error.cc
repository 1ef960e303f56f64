#include "asupersync/base/reported_error.h"

#include "absl/status/status.h"
#include "absl/strings/cord.h"

namespace asupersync {
namespace {

constexpr char kPayloadUrl[] = "asupersync/ReportedError";

}  // namespace

absl::Status MarkReported(absl::Status error) {
  error.SetPayload(kPayloadUrl, absl::Cord());
  return error;
}

bool IsReported(const absl::Status& status) {
  return status.GetPayload(kPayloadUrl).has_value();
}

}  // namespace asupersync
