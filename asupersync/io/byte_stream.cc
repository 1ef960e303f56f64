#include "asupersync/io/byte_stream.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/place.h"
#include "asupersync/task/capability.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/try.h"
#include "asupersync/trace/event.h"

namespace asupersync {
namespace io {
namespace internal {

void Direction::Wake(TransferOperation* waiting) {
  if (waiting == nullptr) return;
  Runtime& runtime = waiting->node().runtime();
  runtime.recorder().Record(
      IoReady{waiting->obligation_.pending() ? waiting->obligation_.number()
                                             : 0,
              1},
      SiteId());
  runtime.Wake(waiting->node());
}

void Direction::CloseWriter() {
  Touch(object, Access::kWrite);
  if (std::exchange(writer_closed, true)) return;
  Wake(reader);
  Wake(writer);
}

void Direction::CloseReader() {
  Touch(object, Access::kWrite);
  if (std::exchange(reader_closed, true)) return;
  bytes.clear();
  Wake(writer);
  Wake(reader);
}

bool TransferOperation::Poll() {
  if (!allowed_.ok()) {
    result_ = allowed_;
    return true;
  }
  Direction& way = direction();
  Touch(way.object, Access::kWrite);
  if (!obligation_.pending()) {
    obligation_ = Obligation(node(), region_, ObligationKind::kIoOperation,
                             way.object.id(), site());
  }
  const std::optional<std::size_t> available = Available();
  TransferOperation*& place = Place();
  if (available.has_value()) {
    StopWaiting();
    result_ = Transfer(*available);
    return true;
  }
  if (place != nullptr && place != this) {
    Fatal(absl::StrCat(PlaceOf(site()), ": ", node().DisplayName(),
                       " tries to ", What(), " while ",
                       place->node().DisplayName(), " waits to do so at ",
                       PlaceOf(place->site()), "; one task at a time may"));
  }
  place = this;
  return false;
}

absl::StatusOr<std::size_t> TransferOperation::Transfer(std::size_t most) {
  Runtime& runtime = node().runtime();
  const std::uint64_t token = obligation_.number();
  const absl::StatusCode error = runtime.InjectIoError(node());
  if (error != absl::StatusCode::kOk) {
    runtime.recorder().Record(
        IoError{token, static_cast<std::uint8_t>(error)},
        runtime.SiteOf(site()));
    obligation_.Abort();
    return absl::Status(error, absl::StrCat(PlaceOf(site()), ": to ", What(),
                                            " failed: injected by chaos"));
  }
  absl::StatusOr<std::size_t> moved =
      Move(most == 0 ? 0 : runtime.ChooseIoBytes(node(), most));
  runtime.recorder().Record(
      IoResult{token, moved.ok() ? static_cast<std::int64_t>(*moved) : -1},
      runtime.SiteOf(site()));
  obligation_.Commit();
  return moved;
}

void TransferOperation::Abandon() {
  Touch(direction().object, Access::kWrite);
  StopWaiting();
  obligation_.Abort();
}

void TransferOperation::StopWaiting() {
  TransferOperation*& place = Place();
  if (place == this) place = nullptr;
}

absl::StatusOr<std::size_t> TransferOperation::await_resume() {
  if (cancelled()) return CancelledStatus();
  return std::move(result_);
}

}  // namespace internal

std::optional<std::size_t> ReadOperation::Available() const {
  const internal::Direction& way = direction();
  if (into_.empty() || way.reader_closed) return 0;
  if (!way.bytes.empty()) return std::min(into_.size(), way.bytes.size());
  if (way.writer_closed) return 0;
  return std::nullopt;
}

absl::StatusOr<std::size_t> ReadOperation::Move(std::size_t count) {
  internal::Direction& way = direction();
  if (way.reader_closed && !into_.empty()) {
    return absl::FailedPreconditionError(
        "this end of the byte stream was closed");
  }
  std::copy_n(way.bytes.begin(), count, into_.begin());
  way.bytes.erase(0, count);
  if (count > 0) internal::Direction::Wake(way.writer);
  return count;
}

WaitDescription ReadOperation::Describe() const {
  return {"read from byte stream", direction().object.id(), {}};
}

std::optional<std::size_t> WriteOperation::Available() const {
  const internal::Direction& way = direction();
  if (bytes_.empty() || way.reader_closed || way.writer_closed) return 0;
  const std::size_t room = way.capacity - way.bytes.size();
  if (room > 0) return std::min(bytes_.size(), room);
  return std::nullopt;
}

absl::StatusOr<std::size_t> WriteOperation::Move(std::size_t count) {
  internal::Direction& way = direction();
  if (way.writer_closed && !bytes_.empty()) {
    return absl::FailedPreconditionError(
        "this end of the byte stream was closed for writing");
  }
  if (way.reader_closed && !bytes_.empty()) {
    return absl::FailedPreconditionError(
        "the byte stream is closed: its other end does not read any more");
  }
  way.bytes.append(bytes_.data(), count);
  if (count > 0) internal::Direction::Wake(way.reader);
  return count;
}

WaitDescription WriteOperation::Describe() const {
  return {absl::StrCat("write to byte stream (capacity ", direction().capacity,
                       ", full)"),
          direction().object.id(), {}};
}

ByteStream& ByteStream::operator=(ByteStream&& other) noexcept {
  ByteStream taken(std::move(other));
  std::swap(in_, taken.in_);
  std::swap(out_, taken.out_);
  return *this;
}

internal::Direction& ByteStream::In(std::source_location site) const {
  if (!in_) {
    Fatal(absl::StrCat(PlaceOf(site),
                       ": a ByteStream was used after Close() or after it was "
                       "moved from"));
  }
  return *in_;
}

internal::Direction& ByteStream::Out(std::source_location site) const {
  if (!out_) {
    Fatal(absl::StrCat(PlaceOf(site),
                       ": a ByteStream was written to after CloseWrite() or "
                       "Close(), or after it was moved from"));
  }
  return *out_;
}

ReadOperation ByteStream::Read(Cx& cx, absl::Span<char> into,
                               std::source_location site) {
  (void)In(site);
  return ReadOperation(cx, in_, into, cx.Allow(Capability::kIo, "read", site),
                       site);
}

WriteOperation ByteStream::Write(Cx& cx, absl::string_view bytes,
                                 std::source_location site) {
  (void)Out(site);
  return WriteOperation(cx, out_, bytes,
                        cx.Allow(Capability::kIo, "write", site), site);
}

Task<absl::Status> ByteStream::WriteAll(Cx& cx, absl::string_view bytes,
                                        std::source_location site) {
  while (!bytes.empty()) {
    const std::size_t taken = co_await Try(Write(cx, bytes, site));
    bytes.remove_prefix(taken);
  }
  co_return absl::OkStatus();
}

Task<absl::StatusOr<std::string>> ByteStream::ReadExactly(
    Cx& cx, std::size_t count, std::source_location site) {
  std::string text(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const std::size_t more =
        co_await Try(Read(cx, absl::MakeSpan(text).subspan(have), site));
    if (more == 0) {
      co_return absl::OutOfRangeError(absl::StrCat(
          "the byte stream ended after ", have, " of ", count, " bytes"));
    }
    have += more;
  }
  co_return text;
}

Task<absl::StatusOr<std::string>> ByteStream::ReadToEnd(
    Cx& cx, std::source_location site) {
  std::string text;
  char part[256];
  for (;;) {
    const std::size_t more =
        co_await Try(Read(cx, absl::MakeSpan(part), site));
    if (more == 0) co_return text;
    text.append(part, more);
  }
}

void ByteStream::CloseWrite() {
  if (!out_) return;
  out_->CloseWriter();
  out_ = RefPtr<internal::Direction>();
}

void ByteStream::Close() {
  CloseWrite();
  if (!in_) return;
  in_->CloseReader();
  in_ = RefPtr<internal::Direction>();
}

Connection Connect(std::size_t capacity, std::source_location site) {
  if (capacity == 0) {
    Fatal(absl::StrCat(
        PlaceOf(site),
        ": io::Connect(0): a byte stream needs a capacity of at least 1"));
  }
  RefPtr<internal::Direction> there = MakeRef<internal::Direction>(capacity);
  RefPtr<internal::Direction> back = MakeRef<internal::Direction>(capacity);
  return Connection{ByteStream(back, there), ByteStream(there, back)};
}

}  // namespace io
}  // namespace asupersync
