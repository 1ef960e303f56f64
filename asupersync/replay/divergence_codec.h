// A DivergenceReport as a message of type asupersync.proto.DivergenceReport.
//
//   proto::DivergenceReport message = ToProto(source.report());
//   absl::StatusOr<DivergenceReport> report = FromProto(message);
//
// Determinism: pure functions; FromProto(ToProto(r)) has the fields of r, and
// so has ParseDivergence(r.ToJson(), "") if its texts are UTF-8.
#ifndef ASUPERSYNC_REPLAY_DIVERGENCE_CODEC_H_
#define ASUPERSYNC_REPLAY_DIVERGENCE_CODEC_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/proto/divergence_report.pb.h"
#include "asupersync/replay/divergence.h"

namespace asupersync {

proto::DivergenceReport ToProto(const DivergenceReport& report);

// InvalidArgument: a category or a lane of a name that is not known.
absl::StatusOr<DivergenceReport> FromProto(
    const proto::DivergenceReport& message);

// Reads what DivergenceReport::ToJson() writes, as divergence.json has it.
// `source` is what errors call it. InvalidArgument: it is no JSON object, or
// names a field that is missing, of another type, or, as FromProto(), of an
// unknown name. Fields that are not known are passed over. Bounded by the
// length of `json`.
absl::StatusOr<DivergenceReport> ParseDivergence(absl::string_view json,
                                                 absl::string_view source);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_DIVERGENCE_CODEC_H_
