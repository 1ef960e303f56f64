// Between TraceMetadata and the bytes that a trace file holds of it, the
// protobuf message asupersync.proto.TraceMetadata.
//
//   std::string bytes = EncodeMetadata(metadata);
//   absl::StatusOr<TraceMetadata> back = DecodeMetadata(bytes);
//
// Determinism: equal metadata has equal bytes.
#ifndef ASUPERSYNC_REPLAY_METADATA_CODEC_H_
#define ASUPERSYNC_REPLAY_METADATA_CODEC_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/trace/metadata.h"

namespace asupersync {

std::string EncodeMetadata(const TraceMetadata& metadata);

// DataLoss if the bytes are no such message. Unknown fields are ignored.
absl::StatusOr<TraceMetadata> DecodeMetadata(absl::string_view bytes);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_METADATA_CODEC_H_
