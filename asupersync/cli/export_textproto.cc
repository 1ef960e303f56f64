#include "asupersync/cli/export_textproto.h"

#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/fatal.h"
#include "asupersync/cli/event_fields.h"
#include "asupersync/proto/trace_event.pb.h"
#include "asupersync/replay/metadata_codec.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"

namespace asupersync::cli {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::TextFormat;

// Of the field of the oneof for events of this kind.
int FieldNumberOf(EventKind kind) { return 100 + static_cast<int>(kind); }

// Sets the fields of the message for one kind of event, by name.
class SetFields : public FieldVisitor {
 public:
  explicit SetFields(Message& message) : message_(message) {}
  void Id(absl::string_view name, uint64_t id) override { Set(name, id); }
  void Number(absl::string_view name, uint64_t value) override {
    Set(name, value);
  }
  void Signed(absl::string_view name, int64_t value) override {
    message_.GetReflection()->SetInt64(&message_, Find(name), value);
  }
  void Text(absl::string_view name, absl::string_view text) override {
    message_.GetReflection()->SetString(&message_, Find(name),
                                        std::string(text));
  }

 private:
  const FieldDescriptor* Find(absl::string_view name) {
    const FieldDescriptor* field =
        message_.GetDescriptor()->FindFieldByName(std::string(name));
    if (field == nullptr) {
      Fatal(absl::StrCat(message_.GetTypeName(), " has no field ", name));
    }
    return field;
  }
  void Set(absl::string_view name, uint64_t value) {
    const FieldDescriptor* field = Find(name);
    const auto* reflection = message_.GetReflection();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
      reflection->SetUInt64(&message_, field, value);
    } else {
      reflection->SetUInt32(&message_, field, static_cast<uint32_t>(value));
    }
  }
  Message& message_;
};

class TextprotoSink : public ExportSink {
 public:
  explicit TextprotoSink(std::ostream& out) : out_(out) {
    printer_.SetSingleLineMode(true);
  }

  void Begin(const TraceMetadata& metadata) override {
    const std::string bytes = EncodeMetadata(metadata);
    proto::TraceMetadata message;
    message.ParseFromString(bytes);
    Print("metadata", message);
  }

  void Add(const EventRecord& record, const Site& site,
           const EventRenderer& renderer, Part part) override {
    if (part != Part::kShown) return;
    event_.Clear();
    event_.set_index(record.index);
    event_.set_tick(record.tick);
    event_.set_running(renderer.running().AsRaw());
    if (!(site == Site())) {
      proto::TraceSite* place = event_.mutable_site();
      place->set_file(site.file);
      place->set_line(site.line);
      place->set_column(site.column);
      place->set_function(site.function);
    }
    Message* fields = event_.GetReflection()->MutableMessage(
        &event_, event_.GetDescriptor()->FindFieldByNumber(
                     FieldNumberOf(Kind(record.event))));
    SetFields set(*fields);
    VisitFields(record.event, set);
    Print("event", event_);
  }

  void End(const std::optional<TraceSummary>& summary) override {
    if (!summary.has_value()) return;
    proto::TraceSummary message;
    message.set_event_count(summary->event_count);
    message.set_end_tick(summary->end_tick);
    message.set_certificate(summary->certificate);
    message.set_fingerprint(summary->fingerprint);
    Print("summary", message);
  }

 private:
  void Print(absl::string_view field, const Message& message) {
    text_.clear();
    printer_.PrintToString(message, &text_);
    out_ << field << " { " << absl::StripTrailingAsciiWhitespace(text_)
         << " }\n";
  }

  std::ostream& out_;
  TextFormat::Printer printer_;
  proto::TraceEvent event_;
  std::string text_;
};

}  // namespace

std::unique_ptr<ExportSink> MakeTextprotoSink(std::ostream& out) {
  return std::make_unique<TextprotoSink>(out);
}

}  // namespace asupersync::cli
