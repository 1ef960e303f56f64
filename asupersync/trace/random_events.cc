#include "asupersync/trace/random_events.h"

#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace asupersync {
namespace {

struct Filler {
  Prng& prng;
  uint64_t tick;

  // Values of every length, small ones most often.
  uint64_t Number() {
    const uint64_t bits = prng.Below(3) == 0 ? prng.Below(65) : prng.Below(12);
    return bits == 0 ? 0 : prng.Next() >> (64 - bits);
  }
  CompactTaskId Task() { return CompactTaskId(Number()); }
  CompactRegionId Region() { return CompactRegionId(Number()); }
  uint8_t Byte() { return static_cast<uint8_t>(prng.Next()); }
  std::string Text() {
    std::string text(prng.Below(20) == 0 ? prng.Below(3000) : prng.Below(20),
                     '\0');
    for (char& c : text) c = static_cast<char>(prng.Next());
    return text;
  }

  template <class E>
  void operator()(E& e) {
    if constexpr (requires { e.region; }) e.region = Region();
    if constexpr (requires { e.text; }) e.text = Text();
    if constexpr (requires { e.outcome; }) e.outcome = Byte();
    if constexpr (requires { e.kind; }) e.kind = Byte();
    if constexpr (requires { e.at_tick; }) e.at_tick = tick;
    if constexpr (requires { e.timer_id; }) e.timer_id = Number();
    if constexpr (requires { e.deadline_nanos; }) e.deadline_nanos = Number();
    if constexpr (requires { e.from_nanos; }) e.from_nanos = Number();
    if constexpr (requires { e.to_nanos; }) e.to_nanos = Number();
    if constexpr (requires { e.token; }) e.token = Number();
    if constexpr (requires { e.readiness; }) e.readiness = Byte();
    if constexpr (requires { e.error_kind; }) e.error_kind = Byte();
    if constexpr (requires { e.bytes; }) {
      e.bytes = static_cast<int64_t>(prng.Below(2) == 0 ? Number() : ~Number());
    }
    if constexpr (requires { e.seed; }) e.seed = prng.Next();
    if constexpr (requires { e.value; }) e.value = prng.Next();
    if constexpr (requires { e.data; }) e.data = Number();
    if constexpr (requires { e.count; }) {
      e.count = static_cast<uint32_t>(Number());
    }
    if constexpr (requires { e.obligation; }) e.obligation = Number();
    if constexpr (requires { e.chosen; }) {
      e.chosen = static_cast<uint32_t>(Number());
      e.of = static_cast<uint32_t>(Number());
    }
    if constexpr (requires { e.object; }) {
      e.object = Number();
      e.mode = static_cast<uint8_t>(prng.Below(2));
    }
    if constexpr (std::is_same_v<E, ChaosInjection>) {
      e.task = prng.Below(2) == 0 ? std::nullopt
                                  : std::optional<CompactTaskId>(Task());
    } else if constexpr (requires { e.task; }) {
      e.task = Task();
    }
    if constexpr (std::is_same_v<E, TaskSpawned>) e.parent = Task();
    if constexpr (std::is_same_v<E, RegionCreated>) e.parent = Region();
  }
};

template <size_t... I>
ReplayEvent MakeDefault(size_t index, std::index_sequence<I...>) {
  ReplayEvent event;
  ((index == I ? (void)event.template emplace<I>() : (void)0), ...);
  return event;
}

}  // namespace

ReplayEvent DefaultEvent(EventKind kind) {
  return MakeDefault(static_cast<size_t>(kind) - 1,
                     std::make_index_sequence<kEventKindCount>());
}

ReplayEvent RandomEvent(EventKind kind, uint64_t tick, Prng& prng) {
  ReplayEvent event = DefaultEvent(kind);
  std::visit(Filler{prng, tick}, event);
  return event;
}

ReplayEvent RandomEvent(uint64_t tick, Prng& prng) {
  return RandomEvent(static_cast<EventKind>(1 + prng.Below(kEventKindCount)),
                     tick, prng);
}

}  // namespace asupersync
