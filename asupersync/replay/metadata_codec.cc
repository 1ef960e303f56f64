#include "asupersync/replay/metadata_codec.h"

#include <climits>

#include "absl/status/status.h"
#include "asupersync/proto/trace_metadata.pb.h"

namespace asupersync {

std::string EncodeMetadata(const TraceMetadata& metadata) {
  proto::TraceMetadata message;
  message.set_seed(metadata.seed);
  message.set_schedule_seed(metadata.schedule_seed);
  message.set_entropy_seed(metadata.entropy_seed);
  message.set_fault_seed(metadata.fault_seed);
  message.set_fuzz_seed(metadata.fuzz_seed);
  message.set_test_id(metadata.test_id);
  message.set_config_hash(metadata.config_hash);
  for (const auto& [key, value] : metadata.config) {
    proto::ConfigEntry* entry = message.add_config();
    entry->set_key(key);
    entry->set_value(value);
  }
  message.set_rng_recorded(metadata.rng_recorded);
  message.set_wakers_recorded(metadata.wakers_recorded);
  message.set_accesses_recorded(metadata.accesses_recorded);
  message.set_start_tick(metadata.start_tick);
  message.set_start_certificate(metadata.start_certificate);
  message.set_first_event(metadata.first_event);
  message.set_library_version(metadata.library_version);
  // No maps and no unknown fields, so the bytes follow from the values.
  return message.SerializeAsString();
}

absl::StatusOr<TraceMetadata> DecodeMetadata(absl::string_view bytes) {
  proto::TraceMetadata message;
  if (bytes.size() > INT_MAX ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError(
        "the metadata is not a message of type asupersync.proto.TraceMetadata");
  }
  TraceMetadata metadata;
  metadata.seed = message.seed();
  metadata.schedule_seed = message.schedule_seed();
  metadata.entropy_seed = message.entropy_seed();
  metadata.fault_seed = message.fault_seed();
  metadata.fuzz_seed = message.fuzz_seed();
  metadata.test_id = message.test_id();
  metadata.config_hash = message.config_hash();
  for (const proto::ConfigEntry& entry : message.config()) {
    metadata.config.emplace_back(entry.key(), entry.value());
  }
  metadata.rng_recorded = message.rng_recorded();
  metadata.wakers_recorded = message.wakers_recorded();
  metadata.accesses_recorded = message.accesses_recorded();
  metadata.start_tick = message.start_tick();
  metadata.start_certificate = message.start_certificate();
  metadata.first_event = message.first_event();
  metadata.library_version = message.library_version();
  return metadata;
}

}  // namespace asupersync
