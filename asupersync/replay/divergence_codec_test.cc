#include "asupersync/replay/divergence_codec.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/lane.h"
#include "asupersync/proto/divergence_report.pb.h"
#include "asupersync/replay/divergence.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using Json = nlohmann::json;
using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;

DivergenceReport FullReport() {
  DivergenceReport report;
  report.index = 7;
  report.tick = 3;
  report.category = DivergenceCategory::kTimer;
  report.expected = "TimerFired id=1";
  report.actual = "TimerFired id=2";
  report.expected_site = "a.cc:1 A";
  report.actual_site = "b.cc:2 B";
  report.runnable = {"#1", "#2"};
  report.task = CompactTaskId(4);
  report.region = CompactRegionId(5);
  report.lane = Lane::kTimed;
  report.certificate_expected = 0xFFFFFFFFFFFFFFFF;
  report.certificate_actual = 1;
  report.fingerprint_expected = 2;
  report.fingerprint_actual = 3;
  report.likely_cause = "why";
  report.before = {"one", "two"};
  report.next_expected = {"three"};
  return report;
}

// The value of a field in divergence.json, from the message.
Json JsonOf(const proto::DivergenceReport& message,
            const FieldDescriptor* field) {
  const Reflection& reflection = *message.GetReflection();
  if (field->is_repeated()) {
    Json list = Json::array();
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      list.push_back(reflection.GetRepeatedString(message, field, i));
    }
    return list;
  }
  if (field->has_presence() && !reflection.HasField(message, field)) {
    return nullptr;
  }
  if (field->type() == FieldDescriptor::TYPE_BYTES) {
    return reflection.GetString(message, field);
  }
  const uint64_t number = reflection.GetUInt64(message, field);
  if (field->type() == FieldDescriptor::TYPE_FIXED64) {
    return absl::StrFormat("0x%016x", number);
  }
  return number;
}

TEST(DivergenceCodecTest, MessageAndJsonAgreeFieldByField) {
  DivergenceReport sparse;
  sparse.category = DivergenceCategory::kLength;
  for (const DivergenceReport& report : {FullReport(), sparse}) {
    const proto::DivergenceReport message = ToProto(report);
    const Json json = Json::parse(report.ToJson());
    const auto* descriptor = message.GetDescriptor();
    std::set<std::string> names;
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const FieldDescriptor* field = descriptor->field(i);
      names.insert(field->name());
      ASSERT_TRUE(json.contains(field->name())) << field->name();
      EXPECT_EQ(json[field->name()], JsonOf(message, field)) << field->name();
    }
    for (const auto& [name, value] : json.items()) {
      EXPECT_EQ(names.count(name), 1u) << name << " is in the JSON alone";
    }
  }
}

TEST(DivergenceCodecTest, AMessageGivesBackTheReport) {
  DivergenceReport bytes = FullReport();
  bytes.actual = std::string("not utf-8 \xff, and a ") + '\0';
  for (const DivergenceReport& report :
       {FullReport(), DivergenceReport(), bytes}) {
    proto::DivergenceReport message;
    ASSERT_TRUE(message.ParseFromString(ToProto(report).SerializeAsString()));
    const absl::StatusOr<DivergenceReport> back = FromProto(message);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->ToJson(), report.ToJson());
    EXPECT_EQ(back->actual, report.actual);
  }
}

TEST(DivergenceCodecTest, EveryCategoryHasANameThatIsRead) {
  for (int i = 0; i <= static_cast<int>(DivergenceCategory::kCertificate);
       ++i) {
    DivergenceReport report;
    report.category = static_cast<DivergenceCategory>(i);
    const absl::StatusOr<DivergenceReport> back = FromProto(ToProto(report));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->category, report.category);
  }
}

TEST(DivergenceCodecTest, TheJsonGivesBackTheReport) {
  DivergenceReport sparse;
  sparse.category = DivergenceCategory::kLength;
  for (const DivergenceReport& report : {FullReport(), sparse}) {
    const absl::StatusOr<DivergenceReport> back =
        ParseDivergence(report.ToJson(), "d.json");
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->ToJson(), report.ToJson());
  }
}

TEST(DivergenceCodecTest, JsonThatIsNoReportSaysWhatIsWrong) {
  const auto error_of = [](const std::string& text) {
    const auto report = ParseDivergence(text, "d.json");
    EXPECT_EQ(report.status().code(), absl::StatusCode::kInvalidArgument)
        << text;
    return std::string(report.status().message());
  };
  for (const char* text : {"", "[]", "3", "{"}) {
    EXPECT_TRUE(absl::StrContains(error_of(text), "d.json: it is no JSON"));
  }
  EXPECT_TRUE(absl::StrContains(error_of("{}"), "the field index is missing"));
  const auto with = [&](const char* field, const Json& value) {
    Json json = Json::parse(FullReport().ToJson());
    json[field] = value;
    return error_of(json.dump());
  };
  EXPECT_TRUE(absl::StrContains(with("index", "7"),
                                "the field index is not a number"));
  EXPECT_TRUE(absl::StrContains(with("index", nullptr), "is not a number"));
  EXPECT_TRUE(absl::StrContains(with("context", {1}),
                                "the field context is not an array of"));
  EXPECT_TRUE(absl::StrContains(with("schedule_cert_actual", "12"),
                                "the field schedule_cert_actual is not a "
                                "text of 0x"));
  EXPECT_TRUE(absl::StrContains(with("category", "weather"), "\"weather\""));
}

// Whatever is cut off or changed: an error or a report.
TEST(DivergenceCodecTest, DamagedJsonIsReadOrRefused) {
  const std::string whole = FullReport().ToJson();
  for (size_t at = 0; at < whole.size(); ++at) {
    (void)ParseDivergence(absl::string_view(whole).substr(0, at), "");
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x11);
    (void)ParseDivergence(flipped, "");
  }
  EXPECT_FALSE(ParseDivergence(std::string(100'000, '['), "").ok());
}

TEST(DivergenceCodecTest, UnknownNamesAreErrors) {
  proto::DivergenceReport message = ToProto(FullReport());
  message.set_lane("left");
  EXPECT_EQ(FromProto(message).status().code(),
            absl::StatusCode::kInvalidArgument);
  message = ToProto(FullReport());
  message.set_category("weather");
  EXPECT_TRUE(absl::StrContains(FromProto(message).status().message(),
                                "\"weather\""));
}

}  // namespace
}  // namespace asupersync
