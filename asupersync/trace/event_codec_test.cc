#include "asupersync/trace/event_codec.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "asupersync/base/prng.h"
#include "asupersync/trace/random_events.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// Encodes as the recorder does, without blocks.
struct Encoder {
  RowState state;
  std::string bytes;

  void Add(const ReplayEvent& event, uint64_t tick, SiteId site) {
    uint8_t buffer[kEventBytesMax + kEventTextBytesMax];
    const uint8_t* end = std::visit(
        [&](const auto& e) {
          return EncodeEvent(buffer, state, e, tick, site);
        },
        event);
    bytes.append(reinterpret_cast<const char*>(buffer), end - buffer);
  }
  void Define(SiteId id, const Site& site) {
    uint8_t buffer[kSiteRowBytesMax];
    const uint8_t* end = EncodeSite(buffer, id, site);
    bytes.append(reinterpret_cast<const char*>(buffer), end - buffer);
  }
};

// Decodes to the end; the status' message is empty if all is well.
std::vector<EventRecord> Decode(absl::string_view bytes, std::string* error,
                                uint32_t sites_known = RowDecoder::kAllSites) {
  RowDecoder rows(bytes, 0, 0, sites_known);
  std::vector<EventRecord> records;
  EventRecord record;
  while (rows.Next(&record)) records.push_back(record);
  *error = std::string(rows.status().message());
  return records;
}

TEST(EventCodecTest, RandomSequencesComeBack) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Prng prng(seed);
    Encoder encoder;
    std::vector<EventRecord> expected;
    uint64_t tick = 0;
    for (int i = 0; i < 100; ++i) {
      if (prng.Below(10) == 0) {
        tick += (kTickMax - tick) >> (1 + prng.Below(63));
      }
      if (prng.Below(2) == 0) ++tick;
      const ReplayEvent event = RandomEvent(tick, prng);
      const SiteId site(
          static_cast<uint32_t>(prng.Next() >> (32 + prng.Below(32))));
      encoder.Add(event, tick, site);
      expected.push_back({expected.size(), tick, site, event});
    }
    std::string error;
    ASSERT_EQ(Decode(encoder.bytes, &error), expected) << "seed " << seed;
    ASSERT_EQ(error, "");
  }
}

TEST(EventCodecTest, EveryKindFitsInItsBound) {
  Prng prng(7);
  for (int i = 0; i < 100000; ++i) {
    Encoder encoder;
    encoder.state.timer = prng.Next();
    encoder.state.now = prng.Next();
    encoder.state.tick = prng.Next();
    const uint64_t tick = prng.Next();
    const ReplayEvent event = RandomEvent(tick, prng);
    encoder.Add(event, tick, SiteId(UINT32_MAX));
    size_t text = 0;
    if (const auto* e = std::get_if<UserTrace>(&event)) text = e->text.size();
    if (const auto* e = std::get_if<TaskNamed>(&event)) text = e->text.size();
    if (const auto* e = std::get_if<RegionNamed>(&event)) text = e->text.size();
    ASSERT_LE(encoder.bytes.size(), kEventBytesMax + text) << event;
  }
}

TEST(EventCodecTest, AStepTakesFourBytesOrLess) {
  Encoder encoder;
  encoder.Add(TaskScheduled{CompactTaskId(100), 1}, 1, SiteId());
  EXPECT_EQ(encoder.bytes.size(), 2u);
  encoder.Add(TaskYielded{CompactTaskId(100)}, 1, SiteId(5));
  EXPECT_EQ(encoder.bytes.size(), 4u);
  encoder.Add(TaskScheduled{CompactTaskId(10000), 2}, 2, SiteId());
  EXPECT_EQ(encoder.bytes.size(), 7u);
  encoder.Add(TaskYielded{CompactTaskId(10000)}, 2, SiteId(5));
  EXPECT_EQ(encoder.bytes.size(), 8u);
  encoder.Add(TaskScheduled{CompactTaskId(1), 3}, 3, SiteId());
  encoder.Add(TaskBlocked{CompactTaskId(1)}, 3, SiteId(100));
  EXPECT_EQ(encoder.bytes.size(), 12u);
}

TEST(EventCodecTest, SitesAreDefinedInOrder) {
  Encoder encoder;
  encoder.Define(SiteId(3), {"f.cc", 10, 2, "F"});
  encoder.Add(TaskYielded{}, 0, SiteId(3));
  RowDecoder rows(encoder.bytes, 0, 0, /*sites_known=*/2);
  EventRecord record;
  ASSERT_TRUE(rows.Next(&record));
  EXPECT_EQ(record.site, SiteId(3));
  ASSERT_EQ(rows.new_sites().size(), 1u);
  EXPECT_EQ(rows.new_sites()[0], (Site{"f.cc", 10, 2, "F"}));

  std::string error;
  EXPECT_TRUE(Decode(encoder.bytes, &error, 3).empty());
  EXPECT_NE(error.find("definition of site 3; the next one is 4"),
            std::string::npos)
      << error;
  Encoder undefined;
  undefined.Add(TaskYielded{}, 0, SiteId(3));
  EXPECT_TRUE(Decode(undefined.bytes, &error, 2).empty());
  EXPECT_NE(error.find("site 3 was not defined"), std::string::npos) << error;
}

std::string ErrorOf(absl::string_view bytes) {
  std::string error;
  Decode(bytes, &error);
  return error;
}

TEST(EventCodecTest, MalformedRowsAreErrorsThatSayWhat) {
  const auto says = [](const std::string& error, absl::string_view what) {
    return absl::string_view(error).find(what) != absl::string_view::npos;
  };
  EXPECT_TRUE(says(ErrorOf(absl::string_view("\0", 1)), "event kind 0"));
  EXPECT_TRUE(says(ErrorOf("\x3f"), "event kind 63"));
  EXPECT_TRUE(says(ErrorOf("\x81"), "ends inside of a row"));
  EXPECT_TRUE(says(ErrorOf("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
                   "does not fit in 64 bits"));
  EXPECT_TRUE(
      says(ErrorOf("\x01\xff\xff\xff\xff\x7f"), "does not fit in 32 bits"));
  // UserTrace with a text of 2^21 bytes, and one that is not there.
  EXPECT_TRUE(says(ErrorOf("\x9c\xff\xff\x7f"), "at most 16384"));
  EXPECT_TRUE(says(ErrorOf("\x9c\x05hell"), "ends inside of a text"));
  // TimerFired with the flag "current".
  EXPECT_TRUE(says(ErrorOf("\xca\x01"), "a flag that TimerFired does not"));
  // A tick row by 2^64 - 1, and two that together lead above 2^63 - 1.
  EXPECT_TRUE(says(ErrorOf("\x3c\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
                   "a tick above 2^63 - 1"));
  const std::string most = "\x3c\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
  EXPECT_EQ(ErrorOf(most), "");
  EXPECT_TRUE(says(ErrorOf(most + "\x3c\x01"), "a tick above 2^63 - 1"));
  EXPECT_EQ(ErrorOf("\x81\x05"), "");
}

TEST(EventCodecTest, AnyBytesAreDecodedWithoutHarm) {
  for (uint64_t seed = 0; seed < 20000; ++seed) {
    Prng prng(seed);
    std::string bytes(prng.Below(200), '\0');
    for (char& c : bytes) c = static_cast<char>(prng.Next());
    std::string error;
    const auto records = Decode(bytes, &error, /*sites_known=*/5);
    EXPECT_LE(records.size(), bytes.size());
  }
}

// What is left of a decoder that has read all it can.
struct Rest {
  explicit Rest(const RowDecoder& rows)
      : error(rows.status().message()),
        bytes(rows.whole_row_bytes()),
        events(rows.events_read()),
        tick(rows.tick()),
        sites(rows.new_sites()) {}
  friend bool operator==(const Rest&, const Rest&) = default;

  std::string error;
  size_t bytes;
  uint64_t events;
  uint64_t tick;
  std::vector<Site> sites;
};

TEST(EventCodecTest, CheckingFindsWhatDecodingFinds) {
  int wrong = 0;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    Prng prng(seed);
    Encoder encoder;
    encoder.Define(SiteId(1), {"file", 1, 2, "f"});
    for (int i = 0; i < 30; ++i) {
      encoder.Add(RandomEvent(i, prng), i, SiteId(1));
    }
    if (seed % 3 > 0) {
      encoder.bytes[prng.Below(encoder.bytes.size())] ^=
          static_cast<char>(1 + prng.Below(255));
    }
    RowDecoder decoded(encoder.bytes, 5, 7, 0);
    EventRecord record;
    while (decoded.Next(&record)) {
    }
    RowDecoder checked(encoder.bytes, 5, 7, 0);
    checked.Check();
    ASSERT_EQ(Rest(checked), Rest(decoded)) << "seed " << seed;
    if (!checked.status().ok()) ++wrong;
  }
  EXPECT_GT(wrong, 500);
  EXPECT_LT(wrong, 2000);
}

TEST(EventCodecTest, EveryPrefixYieldsAPrefix) {
  Prng prng(3);
  Encoder encoder;
  for (int i = 0; i < 60; ++i) {
    encoder.Add(RandomEvent(0, prng), 0, SiteId());
  }
  std::string error;
  const auto all = Decode(encoder.bytes, &error);
  for (size_t n = 0; n < encoder.bytes.size(); ++n) {
    // A heap copy of exactly n bytes, so that ASan sees any byte too far.
    const std::string prefix = encoder.bytes.substr(0, n);
    const auto some = Decode(prefix, &error);
    ASSERT_LE(some.size(), all.size());
    for (size_t i = 0; i < some.size(); ++i) ASSERT_EQ(some[i], all[i]);
  }
}

// Runs `write` in a child process with a place one byte before a page that
// cannot be written, of which it dies; returns that byte as the child left it.
template <class F>
uint8_t ByteBeforeDeath(F write) {
  const size_t page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  auto* const pages =
      static_cast<uint8_t*>(::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  EXPECT_NE(pages, MAP_FAILED);
  EXPECT_EQ(::mprotect(pages + page, page, PROT_READ), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would report it
    write(pages + page - 1);
    ::_exit(0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV) << status;
  const uint8_t tag = pages[page - 1];
  ::munmap(pages, 2 * page);
  return tag;
}

TEST(EventCodecTest, ARowThatTheProcessDiesInHasNoTag) {
  std::vector<bool> seen(kEventKindCount + 1);
  Prng prng(11);
  for (int left = kEventKindCount; left > 0;) {
    const ReplayEvent event = RandomEvent(5, prng);
    const int kind = static_cast<int>(Kind(event));
    if (seen[kind]) continue;
    seen[kind] = true;
    --left;
    for (const uint64_t tick : {0, 9}) {  // 9: a tick row goes before
      EXPECT_EQ(ByteBeforeDeath([&](uint8_t* p) {
                  RowState state;
                  state.tick = 5;
                  std::visit(
                      [&](const auto& e) {
                        EncodeEvent(p, state, e, tick, SiteId(3));
                      },
                      event);
                }),
                0)
          << event;
    }
  }
  EXPECT_EQ(ByteBeforeDeath([](uint8_t* p) {
              EncodeSite(p, SiteId(1), {"f.cc", 10, 2, "F"});
            }),
            0);
  EXPECT_EQ(ByteBeforeDeath([](uint8_t* p) {
              RowState state;
              EncodeSmallEvent(p, state, TaskScheduled{CompactTaskId(3), 1}, 1,
                               SiteId(1));
            }),
            0);
}

TEST(EventCodecTest, BehindARowAreZeros) {
  // Longer rows first, so that what they left in the state is known.
  Prng prng(12);
  RowState state;
  uint64_t tick = 0;
  for (int i = 0; i < 20000; ++i) {
    uint8_t buffer[2 * kEventBytesMax + 4096] = {};
    if (prng.Below(4) == 0) ++tick;
    const ReplayEvent event = RandomEvent(tick, prng);
    const SiteId site(static_cast<uint32_t>(prng.Below(300)));
    const uint8_t* end = std::visit(
        [&](const auto& e) {
          const uint8_t* small = EncodeSmallEvent(buffer, state, e, tick, site);
          return small != nullptr ? small
                                  : EncodeEvent(buffer, state, e, tick, site);
        },
        event);
    for (const uint8_t* p = end; p < buffer + sizeof(buffer); ++p) {
      ASSERT_EQ(*p, 0) << event << " at " << p - end;
    }
  }
}

TEST(EventCodecTest, ATornLastRowIsNotCounted) {
  Encoder encoder;
  encoder.Add(TaskScheduled{CompactTaskId(1), 1}, 1, SiteId());
  encoder.Add(UserTrace{"hello"}, 1, SiteId());
  const size_t whole = encoder.bytes.size();
  encoder.Add(UserTrace{"world"}, 1, SiteId());
  for (size_t n = whole; n < encoder.bytes.size(); ++n) {
    for (const size_t zeros : {0, 30}) {
      std::string bytes = encoder.bytes.substr(0, n) + std::string(zeros, '\0');
      // Its tag is not there yet.
      if (n > whole) bytes[whole] = '\0';
      RowDecoder rows(bytes, 0, 0);
      EventRecord record;
      while (rows.Next(&record)) {
      }
      EXPECT_EQ(rows.whole_row_bytes(), whole);
      EXPECT_EQ(rows.events_read(), 2u);
    }
  }
}

}  // namespace
}  // namespace asupersync
