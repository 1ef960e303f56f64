#include "asupersync/trace/event_codec.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace asupersync {
namespace internal_codec {

uint8_t* PutLongVarint(uint8_t* p, uint64_t value) {
  while (value >= 0x80) {
    *p++ = static_cast<uint8_t>(value | 0x80);
    value >>= 7;
  }
  *p++ = static_cast<uint8_t>(value);
  return p;
}

uint8_t* PutTickRow(uint8_t* p, RowState& state, uint64_t tick) {
  uint8_t* const end = PutVarint(p + 1, tick - state.tick);
  state.tick = tick;
  CommitRow(p, kTickRow);
  return end;
}

}  // namespace internal_codec

namespace {

template <class... E>
constexpr uint64_t KindSet() {
  return ((uint64_t{1} << static_cast<int>(E::kKind)) | ...);
}

// The kinds to which the format gives the flag "current".
constexpr uint64_t kKindsWithCurrent =
    KindSet<TaskScheduled, TaskYielded, TaskBlocked, TaskCompleted, TaskSpawned,
            TaskNamed, TaskCancelRequested, TimeAdvanced, ChaosInjection,
            WakerWake, ObligationReserved, ObjectAccessed>();

// Moves p behind the varint there; returns what is wrong with it, or null.
ABSL_ATTRIBUTE_NOINLINE const char* ReadLongVarint(const uint8_t*& p,
                                                   const uint8_t* end,
                                                   uint64_t* value) {
  uint64_t result = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (p == end) return "the payload ends inside of a row";
    const uint8_t byte = *p++;
    if (shift == 63 && byte > 1) break;
    result |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *value = result;
      return nullptr;
    }
  }
  return "a varint does not fit in 64 bits";
}

}  // namespace

uint8_t* EncodeSite(uint8_t* p, SiteId id, const SiteView& site) {
  uint8_t* const tag = p++;
  p = internal_codec::PutVarint(p, id.AsRaw());
  p = internal_codec::PutVarint(p, site.line);
  p = internal_codec::PutVarint(p, site.column);
  p = internal_codec::PutText(p, site.file);
  p = internal_codec::PutText(p, site.function);
  internal_codec::CommitRow(tag, internal_codec::kSiteRow);
  return p;
}

RowDecoder::RowDecoder(absl::string_view payload, uint64_t first_tick,
                       uint64_t first_index, uint32_t sites_known)
    : begin_(reinterpret_cast<const uint8_t*>(payload.data())),
      p_(begin_),
      row_(begin_),
      end_(begin_ + payload.size()),
      first_index_(first_index),
      index_(first_index),
      sites_known_(sites_known) {
  state_.tick = first_tick;
}

bool RowDecoder::Fail(absl::string_view what) {
  if (status_.ok()) {
    status_ = absl::DataLossError(
        absl::StrCat("malformed row before byte ", p_ - begin_,
                     " of the block's payload: ", what));
  }
  p_ = end_;
  return false;
}

inline bool RowDecoder::GetByte(uint8_t* value) {
  if (p_ == end_) return Fail("the payload ends inside of a row");
  *value = *p_++;
  return true;
}

// Most varints have one byte; the others are read behind a call.
inline bool RowDecoder::GetVarint(uint64_t* value) {
  if (ABSL_PREDICT_TRUE(p_ != end_ && *p_ < 0x80)) {
    *value = *p_++;
    return true;
  }
  const char* const error = ReadLongVarint(p_, end_, value);
  return error == nullptr || Fail(error);
}

inline bool RowDecoder::GetVarint32(uint32_t* value) {
  uint64_t wide = 0;
  if (!GetVarint(&wide)) return false;
  if (wide > std::numeric_limits<uint32_t>::max()) {
    return Fail("a number does not fit in 32 bits");
  }
  *value = static_cast<uint32_t>(wide);
  return true;
}

inline bool RowDecoder::GetZigZag(uint64_t base, uint64_t* value) {
  uint64_t coded = 0;
  if (!GetVarint(&coded)) return false;
  *value = base + internal_codec::UnZigZag(coded);
  return true;
}

inline bool RowDecoder::GetU64(uint64_t* value) {
  if (end_ - p_ < 8) return Fail("the payload ends inside of a row");
  uint64_t result = 0;
  for (int i = 0; i < 8; ++i) {
    result |= static_cast<uint64_t>(p_[i]) << (8 * i);
  }
  p_ += 8;
  *value = result;
  return true;
}

bool RowDecoder::GetText(size_t bytes_max, std::string* text) {
  uint64_t size = 0;
  if (!GetVarint(&size)) return false;
  if (size > bytes_max) {
    return Fail(absl::StrCat("a text of ", size, " bytes; at most ", bytes_max,
                             " are allowed"));
  }
  if (size > static_cast<size_t>(end_ - p_)) {
    return Fail("the payload ends inside of a text");
  }
  text->assign(reinterpret_cast<const char*>(p_), size);
  p_ += size;
  return true;
}

bool RowDecoder::GetSite() {
  uint32_t id = 0;
  Site site;
  if (!GetVarint32(&id) || !GetVarint32(&site.line) ||
      !GetVarint32(&site.column) || !GetText(kSiteTextBytesMax, &site.file) ||
      !GetText(kSiteTextBytesMax, &site.function)) {
    return false;
  }
  if (sites_known_ == kAllSites) return true;
  const uint64_t expected = uint64_t{sites_known_} + new_sites_.size() + 1;
  if (id != expected) {
    return Fail(absl::StrCat("definition of site ", id, "; the next one is ",
                             expected));
  }
  new_sites_.push_back(std::move(site));
  return true;
}

// The mirror of PutFields().
template <class E>
bool RowDecoder::GetFields(bool current, E* event) {
  E& e = *event;
  uint64_t number = 0;
  const auto task = [&](CompactTaskId* id) {
    if (!GetVarint(&number)) return false;
    *id = CompactTaskId(number);
    return true;
  };
  const auto optional_task = [&](uint64_t same, CompactTaskId* id) {
    if (!current) return task(id);
    *id = CompactTaskId(same);
    return true;
  };
  const auto region = [&](CompactRegionId* id) {
    if (!GetVarint(&number)) return false;
    *id = CompactRegionId(number);
    return true;
  };
  const auto delta = [&](uint64_t& last, uint64_t* value) {
    if (!GetZigZag(last, value)) return false;
    last = *value;
    return true;
  };
  RowState& s = state_;
  if constexpr (std::is_same_v<E, TaskScheduled>) {
    if (!task(&e.task)) return false;
    if (current) ++s.tick;
    s.task = e.task.AsRaw();
    e.at_tick = s.tick;
    return true;
  } else if constexpr (std::is_same_v<E, TaskYielded> ||
                       std::is_same_v<E, TaskBlocked> ||
                       std::is_same_v<E, WakerWake>) {
    return optional_task(s.task, &e.task);
  } else if constexpr (std::is_same_v<E, TaskCompleted>) {
    return optional_task(s.task, &e.task) && GetByte(&e.outcome);
  } else if constexpr (std::is_same_v<E, TaskSpawned>) {
    e.at_tick = s.tick;
    if (!delta(s.spawned, &number)) return false;
    e.task = CompactTaskId(number);
    return region(&e.region) && optional_task(s.task, &e.parent);
  } else if constexpr (std::is_same_v<E, TaskNamed>) {
    return optional_task(s.spawned, &e.task) &&
           GetText(kEventTextBytesMax, &e.text);
  } else if constexpr (std::is_same_v<E, TaskCancelRequested>) {
    return optional_task(s.task, &e.task) && GetByte(&e.kind);
  } else if constexpr (std::is_same_v<E, TimeAdvanced>) {
    e.from_nanos = s.now;
    if (!current && !GetZigZag(s.now, &e.from_nanos)) return false;
    if (!GetZigZag(e.from_nanos, &e.to_nanos)) return false;
    s.now = e.to_nanos;
    return true;
  } else if constexpr (std::is_same_v<E, TimerCreated>) {
    return delta(s.timer, &e.timer_id) && GetZigZag(s.now, &e.deadline_nanos);
  } else if constexpr (std::is_same_v<E, TimerFired> ||
                       std::is_same_v<E, TimerCancelled>) {
    return delta(s.timer, &e.timer_id);
  } else if constexpr (std::is_same_v<E, IoReady>) {
    return GetVarint(&e.token) && GetByte(&e.readiness);
  } else if constexpr (std::is_same_v<E, IoResult>) {
    if (!GetVarint(&e.token) || !GetZigZag(0, &number)) return false;
    e.bytes = static_cast<int64_t>(number);
    return true;
  } else if constexpr (std::is_same_v<E, IoError>) {
    return GetVarint(&e.token) && GetByte(&e.error_kind);
  } else if constexpr (std::is_same_v<E, RngSeed>) {
    return GetU64(&e.seed);
  } else if constexpr (std::is_same_v<E, RngValue>) {
    return GetU64(&e.value);
  } else if constexpr (std::is_same_v<E, ChaosInjection>) {
    if (!GetByte(&e.kind)) return false;
    if (current && !task(&e.task.emplace())) return false;
    return GetVarint(&e.data);
  } else if constexpr (std::is_same_v<E, WakerBatchWake>) {
    return GetVarint32(&e.count);
  } else if constexpr (std::is_same_v<E, RegionCreated>) {
    return region(&e.region) && region(&e.parent);
  } else if constexpr (std::is_same_v<E, RegionClosed>) {
    return region(&e.region);
  } else if constexpr (std::is_same_v<E, RegionCancelled>) {
    return region(&e.region) && GetByte(&e.kind);
  } else if constexpr (std::is_same_v<E, ObligationReserved>) {
    return delta(s.obligation, &e.obligation) && GetByte(&e.kind) &&
           optional_task(s.task, &e.task);
  } else if constexpr (std::is_same_v<E, ObligationCommitted> ||
                       std::is_same_v<E, ObligationAborted>) {
    return delta(s.obligation, &e.obligation);
  } else if constexpr (std::is_same_v<E, Choice>) {
    return GetByte(&e.kind) && GetVarint32(&e.chosen) && GetVarint32(&e.of);
  } else if constexpr (std::is_same_v<E, ObjectAccessed>) {
    e.mode = current;
    return GetU64(&e.object);
  } else if constexpr (std::is_same_v<E, UserTrace>) {
    return GetText(kEventTextBytesMax, &e.text);
  } else {
    static_assert(std::is_same_v<E, RegionNamed>);
    return region(&e.region) && GetText(kEventTextBytesMax, &e.text);
  }
}

ABSL_ATTRIBUTE_NOINLINE bool RowDecoder::FailKind(uint8_t kind) {
  if (kind == 0 || kind > kEventKindCount) {
    return Fail(absl::StrCat("event kind ", kind, "; this version knows 1 to ",
                             kEventKindCount));
  }
  return Fail(absl::StrCat("a flag that ", KindName(EventKind{kind}),
                           " does not have"));
}

ABSL_ATTRIBUTE_NOINLINE bool RowDecoder::FailSite(uint32_t site) {
  return Fail(absl::StrCat("site ", site, " was not defined before"));
}

// The tag's kind and the site behind it.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline bool RowDecoder::GetKind(uint8_t tag,
                                                             uint32_t* site) {
  const uint8_t kind = tag & 0x3f;
  const bool current = (tag & internal_codec::kCurrent) != 0;
  if (ABSL_PREDICT_FALSE(kind == 0 || kind > kEventKindCount ||
                         (current && (kKindsWithCurrent >> kind & 1) == 0))) {
    return FailKind(kind);
  }
  *site = state_.site[kind];
  if ((tag & internal_codec::kSameSite) == 0) {
    if (!GetVarint32(site)) return false;
    if (ABSL_PREDICT_FALSE(
            sites_known_ != kAllSites &&
            *site > uint64_t{sites_known_} + new_sites_.size())) {
      return FailSite(*site);
    }
    state_.site[kind] = *site;
  }
  return true;
}

namespace {

// get(I) for the event of the tag's kind, which is the I-th.
template <class Get>
bool ByKind(uint8_t tag, Get get) {
  return [&]<size_t... I>(std::index_sequence<I...>) {
    bool ok = false;
    (void)(((tag & 0x3f) == I + 1 &&
            (ok = get(std::integral_constant<size_t, I>()), true)) ||
           ...);
    return ok;
  }(std::make_index_sequence<kEventKindCount>());
}

}  // namespace

bool RowDecoder::GetEvent(uint8_t tag, EventRecord* record) {
  uint32_t site = 0;
  if (!GetKind(tag, &site)) return false;
  record->site = SiteId(site);
  const bool current = (tag & internal_codec::kCurrent) != 0;
  const bool whole = ByKind(tag, [&](auto i) {
    return GetFields(current, &record->event.template emplace<i()>());
  });
  if (!whole) return false;
  record->index = index_++;
  record->tick = state_.tick;
  return true;
}

bool RowDecoder::CheckEvent(uint8_t tag) {
  uint32_t site = 0;
  if (!GetKind(tag, &site)) return false;
  const bool current = (tag & internal_codec::kCurrent) != 0;
  const bool whole = ByKind(tag, [&](auto i) {
    std::variant_alternative_t<i(), ReplayEvent> event;
    return GetFields(current, &event);
  });
  if (whole) ++index_;
  return whole;
}

inline bool RowDecoder::FindEvent(uint8_t* tag) {
  while (p_ != end_) {
    row_ = p_;
    *tag = *p_++;
    if (*tag == internal_codec::kTickRow) {
      uint64_t delta = 0;
      if (!GetVarint(&delta)) return false;
      if (delta > kTickMax || state_.tick > kTickMax - delta) {
        return Fail("a tick above 2^63 - 1");
      }
      state_.tick += delta;
    } else if (*tag == internal_codec::kSiteRow) {
      if (!GetSite()) return false;
    } else {
      return true;
    }
  }
  return false;
}

bool RowDecoder::Next(EventRecord* record) {
  uint8_t tag = 0;
  return FindEvent(&tag) && GetEvent(tag, record);
}

void RowDecoder::Check() {
  uint8_t tag = 0;
  while (FindEvent(&tag) && CheckEvent(tag)) {
  }
}

}  // namespace asupersync
