#include "asupersync/cli/report_divergence.h"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "asupersync/proto/divergence_report.pb.h"
#include "asupersync/replay/divergence_codec.h"
#include "google/protobuf/text_format.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

constexpr size_t kBytesMax = 1 << 20;

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return absl::NotFoundError(absl::StrCat(path, " is missing"));
  }
  std::string text(kBytesMax + 1, '\0');
  if (std::filesystem::is_regular_file(path, error)) {
    std::ifstream in(path, std::ios::binary);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(in.gcount()));
    if (text.size() <= kBytesMax) return text;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path, " is no file of at most 1 MiB"));
}

}  // namespace

bool IsDivergenceFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadText(path);
  if (!text.ok()) return false;
  const nlohmann::json json =
      nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  return json.is_object() && json.contains("likely_cause") &&
         !json.contains("schema_version");
}

absl::StatusOr<DivergenceReport> ReadDivergenceFile(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadText(path);
  if (!text.ok()) return text.status();
  return ParseDivergence(*text, path);
}

void WriteTextproto(const DivergenceReport& report, std::ostream& out) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(ToProto(report), &text);
  out << "# proto-file: asupersync/proto/divergence_report.proto\n"
         "# proto-message: asupersync.proto.DivergenceReport\n"
      << text;
}

}  // namespace asupersync::cli
