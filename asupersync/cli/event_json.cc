#include "asupersync/cli/event_json.h"

#include <cstddef>
#include <optional>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/seed.h"
#include "asupersync/cli/event_fields.h"

namespace asupersync::cli {
namespace {

class JsonFields : public FieldVisitor {
 public:
  explicit JsonFields(JsonWriter& json) : json_(json) {}
  void Id(absl::string_view name, uint64_t id) override {
    json_.Field(name, id == 0 ? std::nullopt : std::optional<uint64_t>(id));
  }
  void Number(absl::string_view name, uint64_t value) override {
    json_.Field(name, value);
  }
  void Named(absl::string_view name, uint64_t value,
             absl::string_view meaning) override {
    json_.Field(name, value);
    json_.Field(absl::StrCat(name, "_name"), meaning);
  }
  void Signed(absl::string_view name, int64_t value) override {
    json_.Field(name, value);
  }
  void Text(absl::string_view name, absl::string_view text) override {
    json_.Field(name, text);
  }

 private:
  JsonWriter& json_;
};

void WriteName(absl::string_view field, absl::string_view name,
               JsonWriter& json) {
  if (!name.empty()) json.Field(field, name);
}

// All but the source line, of an object that is begun.
void WriteFields(const EventRecord& record, const EventRenderer& renderer,
                 JsonWriter& json) {
  json.Field("index", record.index);
  json.Field("tick", record.tick);
  const CompactTaskId running = renderer.running();
  if (running.IsValid()) {
    json.Field("running", running.AsRaw());
    WriteName("running_name", renderer.NameOf(running), json);
  }
  json.Field("event", KindName(Kind(record.event)));
  JsonFields fields(json);
  VisitFields(record.event, fields);
  if (const std::optional<CompactTaskId> task = TaskOf(record.event)) {
    WriteName("task_name", renderer.NameOf(*task), json);
  }
}

// "{" and "}" taken away.
std::string FieldsOfSite(const Site& site) {
  std::ostringstream out;
  JsonWriter json(out);
  json.BeginObject(JsonWriter::kOneLine);
  WriteSite(site, json);
  json.End();
  const std::string object = out.str();
  return object.substr(1, object.size() - 2);
}

}  // namespace

void WriteEvent(const EventRecord& record, const Site& site,
                const EventRenderer& renderer, JsonWriter& json) {
  json.BeginObject(JsonWriter::kOneLine);
  WriteFields(record, renderer, json);
  WriteSite(site, json);
  json.End();
}

void EventWriter::Write(const EventRecord& record, const Site& site,
                        const EventRenderer& renderer, JsonWriter& json) {
  json.BeginObject(JsonWriter::kOneLine);
  WriteFields(record, renderer, json);
  // A number without a site is whatever the file says.
  if (!(site == Site())) {
    const size_t number = record.site.AsRaw();
    if (number >= sites_.size()) sites_.resize(number + 1);
    if (sites_[number].empty()) sites_[number] = FieldsOfSite(site);
    json.EmbedFields(sites_[number]);
  }
  json.End();
}

void WriteMetadata(const TraceMetadata& metadata, JsonWriter& json) {
  json.BeginObject();
  json.Field("test", metadata.test_id);
  json.Field("seed", metadata.seed);
  json.Field("schedule_seed", metadata.schedule_seed);
  json.Field("entropy_seed", metadata.entropy_seed);
  json.Field("fault_seed", metadata.fault_seed);
  json.Field("fuzz_seed", metadata.fuzz_seed);
  json.Key("config");
  json.BeginObject();
  for (const auto& [key, value] : metadata.config) json.Field(key, value);
  json.End();
  json.Field("config_hash", metadata.config_hash);
  json.Field("library_version", metadata.library_version);
  json.Field("rng_recorded", metadata.rng_recorded);
  json.Field("wakers_recorded", metadata.wakers_recorded);
  json.Field("accesses_recorded", metadata.accesses_recorded);
  json.Field("first_event", metadata.first_event);
  json.Field("start_tick", metadata.start_tick);
  json.Field("start_certificate", FormatSeed(metadata.start_certificate));
  json.End();
}

void WriteSite(const Site& site, JsonWriter& json) {
  if (site == Site()) return;
  json.Field("file", site.file);
  json.Field("line", site.line);
  json.Field("column", site.column);
  json.Field("function", ShortFunctionName(site.function));
}

}  // namespace asupersync::cli
