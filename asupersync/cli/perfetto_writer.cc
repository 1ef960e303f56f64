#include "asupersync/cli/perfetto_writer.h"

#include "absl/strings/str_cat.h"

namespace asupersync::cli {

void PerfettoWriter::Begin(
    const std::vector<std::pair<std::string, std::string>>& other_data) {
  json_.BeginObject();
  json_.Field("displayTimeUnit", "ns");
  json_.Key("otherData");
  json_.BeginObject(JsonWriter::kOneLine);
  for (const auto& [name, text] : other_data) json_.Field(name, text);
  json_.End();
  json_.Key("traceEvents");
  json_.BeginArray();
}

void PerfettoWriter::End(uint64_t ts) {
  while (!async_.empty()) {
    const std::pair<std::string, uint64_t> key = async_.begin()->first;
    CloseAsync(key.first, key.second, "open at the end", ts);
  }
  json_.End();
  json_.End();
  out_ << "\n";
}

void PerfettoWriter::BeginElement(char ph, absl::string_view name,
                                  absl::string_view category,
                                  const PerfettoPlace& place) {
  json_.BeginObject(JsonWriter::kOneLine);
  json_.Field("ph", std::string(1, ph));
  if (!name.empty()) json_.Field("name", name);
  if (!category.empty()) json_.Field("cat", category);
  json_.Key("ts");
  json_.Decimal(place.ts);
  json_.Field("pid", place.track.pid);
  json_.Field("tid", place.track.tid);
}

void PerfettoWriter::EndWithArgs(Args args) {
  json_.Key("args");
  json_.BeginObject();
  args(json_);
  json_.End();
  json_.End();
}

void PerfettoWriter::NameProcess(uint64_t pid, absl::string_view name,
                                 int sort_index) {
  const PerfettoPlace place = {{pid, pid}, 0};
  BeginElement('M', "process_name", "", place);
  EndWithArgs([&](JsonWriter& args) { args.Field("name", name); });
  BeginElement('M', "process_sort_index", "", place);
  EndWithArgs([&](JsonWriter& args) { args.Field("sort_index", sort_index); });
}

void PerfettoWriter::NameThread(const PerfettoTrack& track,
                                absl::string_view name) {
  BeginElement('M', "thread_name", "", {track, 0});
  EndWithArgs([&](JsonWriter& args) { args.Field("name", name); });
}

void PerfettoWriter::BeginSlice(absl::string_view name,
                                absl::string_view category,
                                const PerfettoPlace& place) {
  BeginElement('B', name, category, place);
  json_.End();
}

void PerfettoWriter::BeginSlice(absl::string_view name,
                                absl::string_view category,
                                const PerfettoPlace& place, Args args) {
  BeginElement('B', name, category, place);
  EndWithArgs(args);
}

void PerfettoWriter::EndSlice(absl::string_view name,
                              absl::string_view category,
                              const PerfettoPlace& place) {
  BeginElement('E', name, category, place);
  json_.End();
}

void PerfettoWriter::EndSlice(absl::string_view name,
                              absl::string_view category,
                              const PerfettoPlace& place, Args args) {
  BeginElement('E', name, category, place);
  EndWithArgs(args);
}

void PerfettoWriter::Instant(absl::string_view name, absl::string_view category,
                             const PerfettoPlace& place, Args args) {
  BeginElement('i', name, category, place);
  json_.Field("s", "t");
  EndWithArgs(args);
}

void PerfettoWriter::Flow(absl::string_view name, const PerfettoPlace& from,
                          const PerfettoPlace& to) {
  const uint64_t id = next_flow_++;
  BeginElement('s', name, "flow", from);
  json_.Field("id", id);
  json_.End();
  BeginElement('f', name, "flow", to);
  json_.Field("id", id);
  json_.Field("bp", "e");
  json_.End();
}

void PerfettoWriter::Counter(absl::string_view name, absl::string_view unit,
                             uint64_t value, const PerfettoPlace& place) {
  BeginElement('C', name, "", place);
  EndWithArgs([&](JsonWriter& args) { args.Field(unit, value); });
}

void PerfettoWriter::OpenAsync(absl::string_view category, uint64_t id,
                               std::string name, const PerfettoPlace& place) {
  const auto [at, is_new] = async_.try_emplace({std::string(category), id},
                                               place.track, std::move(name));
  if (!is_new) return;
  BeginElement('b', at->second.second, category, place);
  json_.Field("id", absl::StrCat(category, " ", id));
  json_.End();
}

void PerfettoWriter::CloseAsync(absl::string_view category, uint64_t id,
                                absl::string_view how, uint64_t ts) {
  const auto at = async_.find({std::string(category), id});
  if (at == async_.end()) return;
  BeginElement('e', at->second.second, category, {at->second.first, ts});
  json_.Field("id", absl::StrCat(category, " ", id));
  EndWithArgs([&](JsonWriter& args) { args.Field("ended", how); });
  async_.erase(at);
}

}  // namespace asupersync::cli
