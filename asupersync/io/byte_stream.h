#ifndef ASUPERSYNC_IO_BYTE_STREAM_H_
#define ASUPERSYNC_IO_BYTE_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "asupersync/base/ref_ptr.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/obligation.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/region_node.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task.h"

// ByteStream: one end of a connection that carries bytes both ways, in memory.
//
//   auto [client, server] = io::Connect(/*capacity=*/1024);
//   co_await Try(client.WriteAll(cx, "ping\n"));
//   char buffer[64];
//   std::size_t size = co_await Try(server.Read(cx, absl::MakeSpan(buffer)));
//
// What a socket may do, this does: a read gives some of the bytes that are
// there, a write takes some of those that fit. How many, the runtime decides:
// in the lab it is a choice (all, half or one byte), so that a program which
// believes that a read gives a whole message is found out.
//
// Determinism: Read and Write are scheduling points. Events: a Choice of kind
// io when there is one, IoReady when bytes, room or the end come for a task
// that waits, then IoResult or, if chaos injects an error, IoError; the token
// of all three is the operation's obligation. One ObligationReserved when the
// operation is attempted first, committed with its result, aborted when it is
// cancelled.
//
// Lifetime and cancellation: destroying an end closes it. Closing an end ends
// what waits there with FailedPrecondition, as it does a Write that waits at
// the other one; a Read there comes to the end. A cancelled operation has moved
// no byte. One task at a time may read from an end, and one may write
// to it; more abort and name both places. The task resumes in a step of its
// own. Without Capability::kIo operations give PermissionDenied.

namespace asupersync {
namespace io {

class ReadOperation;
class WriteOperation;

namespace internal {

class TransferOperation;

// The bytes of one direction.
struct Direction final : RefCounted<Direction> {
  explicit Direction(std::size_t capacity) : capacity(capacity) {}

  void CloseWriter();
  void CloseReader();
  // The one that waits, if any, looks again.
  static void Wake(TransferOperation* waiting);

  SharedObject object{"byte stream"};
  std::string bytes;  // written and not read yet
  const std::size_t capacity;
  bool writer_closed = false;
  bool reader_closed = false;
  TransferOperation* reader = nullptr;  // waits for bytes
  TransferOperation* writer = nullptr;  // waits for room
};

// What reading and writing share: attempts, obligation, errors, events.
class TransferOperation : public Operation {
 public:
  absl::StatusOr<std::size_t> await_resume();

 protected:
  TransferOperation(const Cx& cx, RefPtr<Direction> direction,
                    absl::Status allowed, std::source_location site)
      : Operation(cx.node(site), site),
        region_(cx.region()),
        direction_(std::move(direction)),
        allowed_(std::move(allowed)) {}
  ~TransferOperation() = default;

  Direction& direction() const { return *direction_; }
  void StopWaiting();

 private:
  friend struct Direction;

  // "read from a byte stream".
  virtual const char* What() const = 0;
  virtual TransferOperation*& Place() = 0;
  // Bytes that can move now; nullopt: wait. 0: there is nothing to wait for.
  virtual std::optional<std::size_t> Available() const = 0;
  // Moves `count` bytes, from 0; gives the result.
  virtual absl::StatusOr<std::size_t> Move(std::size_t count) = 0;

  bool Poll() final;
  void Abandon() final;
  absl::StatusOr<std::size_t> Transfer(std::size_t most);

  RegionNode& region_;  // of the Cx: that of the obligation
  RefPtr<Direction> direction_;
  absl::Status allowed_;
  Obligation obligation_;
  absl::StatusOr<std::size_t> result_ = std::size_t{0};
};

}  // namespace internal

// Waits for bytes: ByteStream::Read. Gives how many were read, at least one; 0
// at the end, when the other end does not write any more; FailedPrecondition if
// this end is closed meanwhile.
class [[nodiscard]] ReadOperation final : public internal::TransferOperation {
 public:
  ReadOperation(const Cx& cx, RefPtr<internal::Direction> direction,
                absl::Span<char> into, absl::Status allowed,
                std::source_location site)
      : TransferOperation(cx, std::move(direction), std::move(allowed), site),
        into_(into) {}
  ~ReadOperation() { StopWaiting(); }

  WaitDescription Describe() const override;

 private:
  const char* What() const override { return "read from a byte stream"; }
  internal::TransferOperation*& Place() override { return direction().reader; }
  std::optional<std::size_t> Available() const override;
  absl::StatusOr<std::size_t> Move(std::size_t count) override;

  absl::Span<char> into_;
};

// Waits for room: ByteStream::Write. Gives how many bytes were taken, at least
// one; FailedPrecondition if the other end does not read any more, or this one
// is closed meanwhile.
class [[nodiscard]] WriteOperation final : public internal::TransferOperation {
 public:
  WriteOperation(const Cx& cx, RefPtr<internal::Direction> direction,
                 absl::string_view bytes, absl::Status allowed,
                 std::source_location site)
      : TransferOperation(cx, std::move(direction), std::move(allowed), site),
        bytes_(bytes) {}
  ~WriteOperation() { StopWaiting(); }

  WaitDescription Describe() const override;

 private:
  const char* What() const override { return "write to a byte stream"; }
  internal::TransferOperation*& Place() override { return direction().writer; }
  std::optional<std::size_t> Available() const override;
  absl::StatusOr<std::size_t> Move(std::size_t count) override;

  absl::string_view bytes_;
};

class ByteStream {
 public:
  // Internal: Connect() makes ends.
  ByteStream(RefPtr<internal::Direction> in, RefPtr<internal::Direction> out)
      : in_(std::move(in)), out_(std::move(out)) {}
  ByteStream(ByteStream&&) noexcept = default;
  // Closes what this end was.
  ByteStream& operator=(ByteStream&& other) noexcept;
  ~ByteStream() { Close(); }

  // `into` must stay until the operation is over. An empty one reads nothing
  // and gives 0.
  ReadOperation Read(
      Cx& cx, absl::Span<char> into,
      std::source_location site = std::source_location::current());
  // `bytes` must stay until the operation is over. None: gives 0.
  WriteOperation Write(
      Cx& cx, absl::string_view bytes,
      std::source_location site = std::source_location::current());

  // All of `bytes`, by as many writes as it takes. After an error or a
  // cancellation some of them may have been written.
  Task<absl::Status> WriteAll(
      Cx& cx, absl::string_view bytes,
      std::source_location site = std::source_location::current());
  // Exactly `count` bytes; OutOfRange if the stream ends before.
  Task<absl::StatusOr<std::string>> ReadExactly(
      Cx& cx, std::size_t count,
      std::source_location site = std::source_location::current());
  // Everything up to the end.
  Task<absl::StatusOr<std::string>> ReadToEnd(
      Cx& cx, std::source_location site = std::source_location::current());

  // The other end reads what was written and then the end. A Write that waits
  // here ends. Does nothing the second time.
  void CloseWrite();
  // Both ways; what was not read is dropped. A Read that waits here ends.
  void Close();

 private:
  internal::Direction& In(std::source_location site) const;
  internal::Direction& Out(std::source_location site) const;

  RefPtr<internal::Direction> in_;
  RefPtr<internal::Direction> out_;
};

struct Connection {
  ByteStream a;
  ByteStream b;
};

// Two connected ends; each direction holds up to `capacity` bytes. REQUIRES:
// capacity >= 1.
Connection Connect(std::size_t capacity,
                   std::source_location site = std::source_location::current());

}  // namespace io
}  // namespace asupersync

#endif  // ASUPERSYNC_IO_BYTE_STREAM_H_
