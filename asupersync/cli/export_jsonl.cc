#include "asupersync/cli/export_jsonl.h"

#include "asupersync/cli/event_json.h"
#include "asupersync/cli/json_writer.h"

namespace asupersync::cli {
namespace {

class JsonlSink : public ExportSink {
 public:
  explicit JsonlSink(std::ostream& out) : out_(out) {}

  void Begin(const TraceMetadata&) override {}
  void Add(const EventRecord& record, const Site& site,
           const EventRenderer& renderer, Part part) override {
    if (part != Part::kShown) return;
    JsonWriter json(out_);
    events_.Write(record, site, renderer, json);
    out_ << "\n";
  }
  void End(const std::optional<TraceSummary>&) override {}

 private:
  std::ostream& out_;
  EventWriter events_;
};

}  // namespace

std::unique_ptr<ExportSink> MakeJsonlSink(std::ostream& out) {
  return std::make_unique<JsonlSink>(out);
}

}  // namespace asupersync::cli
