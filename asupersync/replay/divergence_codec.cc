#include "asupersync/replay/divergence_codec.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/lane.h"
#include "asupersync/base/seed.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"

namespace asupersync {
namespace {

constexpr Lane kLanes[] = {Lane::kCancel, Lane::kTimed, Lane::kReady};

std::optional<DivergenceCategory> CategoryNamed(const std::string& name) {
  constexpr int kLast = static_cast<int>(DivergenceCategory::kCertificate);
  for (int i = 0; i <= kLast; ++i) {
    const auto category = static_cast<DivergenceCategory>(i);
    if (name == Name(category)) return category;
  }
  return std::nullopt;
}

std::optional<Lane> LaneNamed(const std::string& name) {
  for (const Lane lane : kLanes) {
    if (name == Name(lane)) return lane;
  }
  return std::nullopt;
}

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Json = nlohmann::json;

// Sets a field of the message to its value in JSON. What was expected, or null.
const char* SetText(const Json& json, const FieldDescriptor* field,
                    Message* message) {
  if (!json.is_string()) return "a string";
  message->GetReflection()->SetString(message, field, json);
  return nullptr;
}
const char* SetTexts(const Json& json, const FieldDescriptor* field,
                     Message* message) {
  constexpr const char* kExpected = "an array of strings";
  if (!json.is_array()) return kExpected;
  for (const Json& element : json) {
    if (!element.is_string()) return kExpected;
    message->GetReflection()->AddString(message, field, element);
  }
  return nullptr;
}
const char* SetNumber(const Json& json, const FieldDescriptor* field,
                      Message* message) {
  if (!json.is_number_unsigned()) return "a number from 0 to 2^64-1";
  message->GetReflection()->SetUInt64(message, field, json);
  return nullptr;
}
const char* SetHash(const Json& json, const FieldDescriptor* field,
                    Message* message) {
  constexpr const char* kExpected = "a text of 0x and hexadecimal digits";
  if (!json.is_string()) return kExpected;
  const std::string text = json;
  const absl::StatusOr<uint64_t> hash = ParseSeed(text);
  if (!hash.ok() || !absl::StartsWith(text, "0x")) return kExpected;
  message->GetReflection()->SetUInt64(message, field, *hash);
  return nullptr;
}

const char* Set(const Json& json, const FieldDescriptor* field,
                Message* message) {
  if (field->has_presence() && json.is_null()) return nullptr;
  if (field->is_repeated()) return SetTexts(json, field, message);
  switch (field->type()) {
    case FieldDescriptor::TYPE_BYTES:
      return SetText(json, field, message);
    case FieldDescriptor::TYPE_FIXED64:
      return SetHash(json, field, message);
    default:
      return SetNumber(json, field, message);
  }
}

template <class Texts>
std::vector<std::string> Copy(const Texts& texts) {
  return std::vector<std::string>(texts.begin(), texts.end());
}

}  // namespace

proto::DivergenceReport ToProto(const DivergenceReport& report) {
  proto::DivergenceReport message;
  message.set_index(report.index);
  message.set_tick(report.tick);
  message.set_category(Name(report.category));
  message.set_expected(report.expected);
  message.set_expected_site(report.expected_site);
  message.set_actual(report.actual);
  message.set_actual_site(report.actual_site);
  for (const std::string& text : report.runnable) message.add_runnable(text);
  if (report.task.has_value()) message.set_task_id(report.task->AsRaw());
  if (report.region.has_value()) message.set_region_id(report.region->AsRaw());
  if (report.lane.has_value()) message.set_lane(Name(*report.lane));
  message.set_schedule_cert_expected(report.certificate_expected);
  message.set_schedule_cert_actual(report.certificate_actual);
  if (report.fingerprint_expected.has_value()) {
    message.set_trace_fingerprint_expected(*report.fingerprint_expected);
  }
  if (report.fingerprint_actual.has_value()) {
    message.set_trace_fingerprint(*report.fingerprint_actual);
  }
  message.set_likely_cause(report.likely_cause);
  for (const std::string& text : report.before) message.add_context(text);
  for (const std::string& text : report.next_expected) {
    message.add_next_expected(text);
  }
  return message;
}

absl::StatusOr<DivergenceReport> FromProto(
    const proto::DivergenceReport& message) {
  DivergenceReport report;
  report.index = message.index();
  report.tick = message.tick();
  const auto category = CategoryNamed(message.category());
  if (!category.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the divergence's category is \"", message.category(),
        "\", which is none of schedule, time, ..., certificate"));
  }
  report.category = *category;
  report.expected = message.expected();
  report.expected_site = message.expected_site();
  report.actual = message.actual();
  report.actual_site = message.actual_site();
  report.runnable = Copy(message.runnable());
  if (message.has_task_id()) report.task = CompactTaskId(message.task_id());
  if (message.has_region_id()) {
    report.region = CompactRegionId(message.region_id());
  }
  if (message.has_lane()) {
    report.lane = LaneNamed(message.lane());
    if (!report.lane.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the divergence's lane is \"", message.lane(),
                       "\"; expected cancel, timed or ready"));
    }
  }
  report.certificate_expected = message.schedule_cert_expected();
  report.certificate_actual = message.schedule_cert_actual();
  if (message.has_trace_fingerprint_expected()) {
    report.fingerprint_expected = message.trace_fingerprint_expected();
  }
  if (message.has_trace_fingerprint()) {
    report.fingerprint_actual = message.trace_fingerprint();
  }
  report.likely_cause = message.likely_cause();
  report.before = Copy(message.context());
  report.next_expected = Copy(message.next_expected());
  return report;
}

absl::StatusOr<DivergenceReport> ParseDivergence(absl::string_view text,
                                                 absl::string_view source) {
  const auto wrong = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(
        source, ": ", what,
        "; expected a divergence.json as a replay that diverged leaves it"));
  };
  const Json json = Json::parse(text.begin(), text.end(), nullptr,
                                /*allow_exceptions=*/false);
  if (!json.is_object()) return wrong("it is no JSON object");
  proto::DivergenceReport message;
  const auto& descriptor = *message.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor* field = descriptor.field(i);
    const auto found = json.find(field->name());
    if (found == json.end()) {
      return wrong(absl::StrCat("the field ", field->name(), " is missing"));
    }
    if (const char* expected = Set(*found, field, &message)) {
      return wrong(
          absl::StrCat("the field ", field->name(), " is not ", expected));
    }
  }
  absl::StatusOr<DivergenceReport> report = FromProto(message);
  if (!report.ok()) return wrong(report.status().message());
  return report;
}

}  // namespace asupersync
