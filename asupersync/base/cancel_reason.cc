#include "asupersync/base/cancel_reason.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/ids.h"

namespace asupersync {
namespace {

struct KindRow {
  const char* name;
  int severity;
};
constexpr KindRow kKinds[kCancelKindCount] = {
    {"user", 0},      {"timeout", 1},          {"deadline", 1},
    {"poll_quota", 2}, {"cost_budget", 2},     {"fail_fast", 3},
    {"race_lost", 3}, {"parent_cancelled", 4}, {"shutdown", 5},
};

// The payload, which never leaves the process that wrote it: a version byte,
// the number of reasons (u8), and for each, outermost first: kind (u8), origin
// (u64), line (u32), file and message (each a u32 length and bytes). Numbers
// are little-endian.
constexpr uint64_t kPayloadVersion = 1;
constexpr size_t kPayloadHeaderBytes = 2;

// Between the reasons of a chain, in text.
constexpr char kCausedBy[] = "; caused by ";

// A reason without its causes.
void AppendOne(const CancelReason& reason, std::string* text) {
  absl::StrAppend(text, Name(reason.kind()));
  if (!reason.message().empty()) {
    absl::StrAppend(text, ": ", reason.message());
  }
  absl::string_view before = " (";
  if (reason.origin().IsValid()) {
    absl::StrAppend(text, before, "by T", reason.origin().AsRaw());
    before = " ";
  }
  if (!reason.file().empty()) {
    absl::StrAppend(text, before, "at ", reason.file(), ":", reason.line());
    before = " ";
  }
  if (before == " ") absl::StrAppend(text, ")");
}

void PutNumber(std::string* out, uint64_t value, int size) {
  char bytes[8];
  for (int i = 0; i < size; ++i) {
    bytes[i] = static_cast<char>(value >> (8 * i));
  }
  out->append(bytes, size);
}

void PutText(std::string* out, absl::string_view text) {
  // A longer text is cut rather than given a length that is not its own.
  text = text.substr(0, UINT32_MAX);
  PutNumber(out, text.size(), 4);
  out->append(text.data(), text.size());
}

bool GetNumber(absl::string_view* in, int size, uint64_t* value) {
  if (in->size() < static_cast<size_t>(size)) return false;
  *value = 0;
  for (int i = 0; i < size; ++i) {
    *value |= uint64_t{static_cast<unsigned char>((*in)[i])} << (8 * i);
  }
  in->remove_prefix(static_cast<size_t>(size));
  return true;
}

bool GetText(absl::string_view* in, std::string* text) {
  uint64_t size;
  if (!GetNumber(in, 4, &size) || in->size() < size) return false;
  text->assign(in->data(), size);
  in->remove_prefix(size);
  return true;
}

}  // namespace

int Severity(CancelKind kind) {
  const int number = static_cast<int>(kind);
  return kKinds[std::min(number, kCancelKindCount - 1)].severity;
}

const char* Name(CancelKind kind) {
  const int number = static_cast<int>(kind);
  return number < kCancelKindCount ? kKinds[number].name : "unknown";
}

std::ostream& operator<<(std::ostream& os, CancelKind kind) {
  return os << Name(kind);
}

CancelReason::Rep::~Rep() { delete status.load(std::memory_order_relaxed); }

CancelReason::CancelReason(CancelKind kind, std::string message,
                           CompactTaskId origin, std::source_location site) {
  auto rep = std::make_shared<Rep>();
  rep->kind = kind;
  rep->line = site.line();
  rep->origin = origin;
  rep->static_file = site.file_name();
  rep->message = std::move(message);
  rep_ = std::move(rep);
}

CancelReason CancelReason::CausedBy(const CancelReason* cause) const {
  auto rep = std::make_shared<Rep>();
  rep->kind = rep_->kind;
  rep->line = rep_->line;
  rep->origin = rep_->origin;
  rep->static_file = rep_->static_file;
  rep->owned_file = rep_->owned_file;
  rep->message = rep_->message;
  if (cause != nullptr) {
    rep->chain_length = static_cast<uint8_t>(1 + cause->chain_length());
    rep->cause = std::make_unique<const CancelReason>(*cause);
  }
  return CancelReason(std::move(rep));
}

void CancelReason::AppendChain(std::vector<const CancelReason*>* chain) const {
  for (const CancelReason* r = this; r != nullptr; r = r->cause()) {
    chain->push_back(r);
  }
}

CancelReason CancelReason::Link(
    const std::vector<const CancelReason*>& chain) {
  CancelReason reason = chain.back()->CausedBy(nullptr);
  for (size_t i = chain.size() - 1; i > 0; --i) {
    reason = chain[i - 1]->CausedBy(&reason);
  }
  return reason;
}

CancelReason CancelReason::WithCause(const CancelReason& cause) const {
  if (this->cause() == nullptr && cause.chain_length() < kChainMax) {
    return CausedBy(&cause);
  }
  std::vector<const CancelReason*> chain;
  AppendChain(&chain);
  cause.AppendChain(&chain);
  if (chain.size() > kChainMax) {
    chain.erase(chain.begin() + (kChainMax - 1), chain.end() - 1);
  }
  return Link(chain);
}

bool CancelReason::Strengthen(const CancelReason& other) {
  if (Severity(other.kind()) <= Severity(kind())) return false;
  *this = other.WithCause(*this);
  return true;
}

absl::Status CancelReason::ToStatus() const {
  const absl::Status* status = rep_->status.load(std::memory_order_acquire);
  if (status == nullptr) {
    auto made = std::make_unique<const absl::Status>(MakeStatus());
    // Another thread may have been faster; then its Status stays.
    if (rep_->status.compare_exchange_strong(status, made.get(),
                                             std::memory_order_acq_rel)) {
      status = made.release();
    }
  }
  return *status;
}

// The Status of the cause holds the rest of the chain, text and payload: the
// causes of a tree's cancellation are shared by all below them.
absl::Status CancelReason::MakeStatus() const {
  std::string text;
  AppendOne(*this, &text);
  std::string payload;
  PutNumber(&payload, kPayloadVersion, 1);
  PutNumber(&payload, static_cast<uint64_t>(chain_length()), 1);
  PutNumber(&payload, static_cast<uint64_t>(kind()), 1);
  PutNumber(&payload, origin().AsRaw(), 8);
  PutNumber(&payload, line(), 4);
  PutText(&payload, file());
  PutText(&payload, message());
  if (cause() != nullptr) {
    const absl::Status led = cause()->ToStatus();
    absl::StrAppend(&text, kCausedBy, led.message());
    auto rest = led.GetPayload(kPayloadUrl);
    absl::StrAppend(&payload, rest->Flatten().substr(kPayloadHeaderBytes));
  }
  absl::Status status = absl::CancelledError(text);
  // Not Cord(std::string&&): it is a template, whose mangled name in clang is
  // not the one in the system's Abseil, which gcc compiled.
  status.SetPayload(kPayloadUrl, absl::Cord(absl::string_view(payload)));
  return status;
}

std::optional<CancelReason> CancelReason::Decode(absl::string_view payload) {
  uint64_t version, count;
  if (!GetNumber(&payload, 1, &version) || version != kPayloadVersion ||
      !GetNumber(&payload, 1, &count) || count < 1 || count > kChainMax) {
    return std::nullopt;
  }
  std::vector<CancelReason> reasons;
  reasons.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t kind, origin, line;
    std::string file, message;
    if (!GetNumber(&payload, 1, &kind) || kind >= kCancelKindCount ||
        !GetNumber(&payload, 8, &origin) || !GetNumber(&payload, 4, &line) ||
        !GetText(&payload, &file) || !GetText(&payload, &message)) {
      return std::nullopt;
    }
    auto rep = std::make_shared<Rep>();
    rep->kind = static_cast<CancelKind>(kind);
    rep->line = static_cast<uint32_t>(line);
    rep->origin = CompactTaskId(origin);
    rep->owned_file = std::move(file);
    rep->message = std::move(message);
    reasons.push_back(CancelReason(std::move(rep)));
  }
  if (!payload.empty()) return std::nullopt;
  std::vector<const CancelReason*> chain;
  for (const CancelReason& reason : reasons) chain.push_back(&reason);
  return Link(chain);
}

std::optional<CancelReason> CancelReason::FromStatus(
    const absl::Status& status) {
  if (status.code() != absl::StatusCode::kCancelled) return std::nullopt;
  if (auto payload = status.GetPayload(kPayloadUrl)) {
    std::optional<CancelReason> reason = Decode(payload->Flatten());
    if (reason.has_value()) return reason;
  }
  auto rep = std::make_shared<Rep>();
  rep->message = std::string(status.message());
  return CancelReason(std::move(rep));
}

std::string CancelReason::ToString() const {
  std::string text;
  for (const CancelReason* r = this; r != nullptr; r = r->cause()) {
    if (r != this) absl::StrAppend(&text, kCausedBy);
    AppendOne(*r, &text);
  }
  return text;
}

bool operator==(const CancelReason& a, const CancelReason& b) {
  const CancelReason* x = &a;
  const CancelReason* y = &b;
  while (x != y && x != nullptr && y != nullptr) {
    if (x->kind() != y->kind() || x->message() != y->message() ||
        x->origin() != y->origin() || x->line() != y->line() ||
        x->file() != y->file()) {
      return false;
    }
    x = x->cause();
    y = y->cause();
  }
  return x == y;
}

std::ostream& operator<<(std::ostream& os, const CancelReason& reason) {
  return os << reason.ToString();
}

}  // namespace asupersync
