// A DivergenceReport as a message of type asupersync.proto.DivergenceReport.
//
//   proto::DivergenceReport message = ToProto(source.report());
//   absl::StatusOr<DivergenceReport> report = FromProto(message);
//
// Determinism: pure functions; FromProto(ToProto(r)) has the fields of r.
#ifndef ASUPERSYNC_REPLAY_DIVERGENCE_CODEC_H_
#define ASUPERSYNC_REPLAY_DIVERGENCE_CODEC_H_

#include "absl/status/statusor.h"
#include "asupersync/proto/divergence_report.pb.h"
#include "asupersync/replay/divergence.h"

namespace asupersync {

proto::DivergenceReport ToProto(const DivergenceReport& report);

// InvalidArgument: a category or a lane of a name that is not known.
absl::StatusOr<DivergenceReport> FromProto(
    const proto::DivergenceReport& message);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_DIVERGENCE_CODEC_H_
