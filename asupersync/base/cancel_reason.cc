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
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
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

// The payload is text, because absl::Status prints it with the message:
//
//   timeout T3 pipeline.cc:12 after 100ms; user T0 main.cc:4
//
// The reasons, outermost first, are separated by "; ". Each is its kind, the
// task that asked (T0: none), the place, and the message if there is one. In
// places and messages "%", ";" and, in places, " " are "%" and two hexadecimal
// digits; all other bytes stand for themselves.
constexpr char kBetweenReasons[] = "; ";

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

void PutText(absl::string_view text, absl::string_view escaped,
             std::string* out) {
  for (const char c : text) {
    if (absl::StrContains(escaped, c)) {
      const auto byte = static_cast<unsigned char>(c);
      absl::StrAppend(out, "%", absl::Hex(byte, absl::kZeroPad2));
    } else {
      out->push_back(c);
    }
  }
}

void PutOne(const CancelReason& reason, std::string* out) {
  absl::StrAppend(out, Name(reason.kind()), " T", reason.origin().AsRaw(), " ");
  PutText(reason.file(), "%; ", out);
  absl::StrAppend(out, ":", reason.line());
  if (reason.message().empty()) return;
  out->push_back(' ');
  PutText(reason.message(), "%;", out);
}

// The inverses of the above; false: malformed.
bool GetText(absl::string_view in, std::string* text) {
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i] != '%') {
      text->push_back(in[i]);
      continue;
    }
    std::uint32_t byte;
    const absl::string_view digits = in.substr(i + 1, 2);
    if (digits.size() < 2 || !absl::SimpleHexAtoi(digits, &byte)) return false;
    text->push_back(static_cast<char>(byte));
    i += 2;
  }
  return true;
}

bool GetKind(absl::string_view name, CancelKind* kind) {
  for (int i = 0; i < kCancelKindCount; ++i) {
    if (name != kKinds[i].name) continue;
    *kind = static_cast<CancelKind>(i);
    return true;
  }
  return false;
}

bool GetPlace(absl::string_view in, std::string* file, std::uint32_t* line) {
  const std::size_t colon = in.rfind(':');
  return colon != in.npos && absl::SimpleAtoi(in.substr(colon + 1), line) &&
         GetText(in.substr(0, colon), file);
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
  PutOne(*this, &payload);
  if (cause() != nullptr) {
    const absl::Status led = cause()->ToStatus();
    absl::StrAppend(&text, kCausedBy, led.message());
    auto rest = led.GetPayload(kPayloadUrl);
    absl::StrAppend(&payload, kBetweenReasons, rest->Flatten());
  }
  absl::Status status = absl::CancelledError(text);
  // Not Cord(std::string&&): it is a template, whose mangled name in clang is
  // not the one in the system's Abseil, which gcc compiled.
  status.SetPayload(kPayloadUrl, absl::Cord(absl::string_view(payload)));
  return status;
}

std::optional<CancelReason> CancelReason::Decode(absl::string_view payload) {
  const std::vector<absl::string_view> texts = absl::StrSplit(
      payload, absl::MaxSplits(kBetweenReasons, kChainMax));
  if (texts.size() > kChainMax) return std::nullopt;
  std::vector<CancelReason> reasons;
  reasons.reserve(texts.size());
  for (const absl::string_view text : texts) {
    const std::vector<absl::string_view> fields =
        absl::StrSplit(text, absl::MaxSplits(' ', 3));
    auto rep = std::make_shared<Rep>();
    std::uint64_t origin;
    if (fields.size() < 3 || !GetKind(fields[0], &rep->kind) ||
        !absl::StartsWith(fields[1], "T") ||
        !absl::SimpleAtoi(fields[1].substr(1), &origin) ||
        !GetPlace(fields[2], &rep->owned_file, &rep->line) ||
        (fields.size() > 3 && !GetText(fields[3], &rep->message))) {
      return std::nullopt;
    }
    rep->origin = CompactTaskId(origin);
    reasons.push_back(CancelReason(std::move(rep)));
  }
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
