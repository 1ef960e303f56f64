// A small trace of each shape, cut at every length and with every byte changed:
// an error or a recovered prefix, in little memory.
// //asupersync/replay:trace_file_test does it with traces as they are written
// today, and looks at the errors' texts.
#include <malloc.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <new>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "asupersync/replay/fuzz/memory_file.h"
#include "asupersync/replay/fuzz/read_trace_bytes.h"
#include "asupersync/trace/event.h"
#include "gtest/gtest.h"

namespace {

// Of this process, whose tests have one thread.
size_t live_bytes = 0;
size_t live_bytes_peak = 0;
size_t largest_bytes = 0;

}  // namespace

void* operator new(size_t size) {
  void* const at = std::malloc(size);
  if (at == nullptr) std::abort();
  live_bytes += ::malloc_usable_size(at);
  live_bytes_peak = std::max(live_bytes_peak, live_bytes);
  largest_bytes = std::max(largest_bytes, size);
  return at;
}
void operator delete(void* at) noexcept {
  if (at != nullptr) live_bytes -= ::malloc_usable_size(at);
  std::free(at);
}
void operator delete(void* at, size_t) noexcept { operator delete(at); }

namespace asupersync {
namespace {

// A block has at most 1 MiB; a reader holds it "a few times".
constexpr size_t kOneBytesMax = 3 << 20;
constexpr size_t kAllBytesMax = 8 << 20;

struct Shape {
  const char* name;
  // Its last block is open, so that its rows have no checks.
  bool open = false;
};
std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << shape.name;
}

class TraceDamageTest : public ::testing::TestWithParam<Shape> {
 protected:
  TraceDamageTest() {
    std::ifstream in(std::string("asupersync/replay/fuzz/corpus/"
                                 "trace_reader/v1_") +
                         GetParam().name + ".async",
                     std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(in), {});
    EXPECT_GT(bytes_.size(), 1000u);
    whole_ = Read(bytes_);
    EXPECT_TRUE(whole_.status.ok()) << whole_.status;
    EXPECT_GT(whole_.events.size(), 50u);
  }

  TraceReading Read(absl::string_view bytes) {
    file_.Set(bytes);
    const size_t before = live_bytes_peak = live_bytes;
    largest_bytes = 0;
    TraceReading reading = ReadTraceBytes(file_.path());
    EXPECT_LE(largest_bytes, kOneBytesMax);
    EXPECT_LE(live_bytes_peak - before, kAllBytesMax);
    return reading;
  }

  // The next byte to be damaged after byte i: of the zeros at the end of a file
  // that was made longer than it is filled, one in 64.
  size_t After(size_t i) const {
    return i + (i > bytes_.find_last_not_of('\0') ? 64 : 1);
  }

  // How many events `reading` has from the start on that were written.
  size_t Prefix(const TraceReading& reading) const {
    size_t n = 0;
    while (n < std::min(reading.events.size(), whole_.events.size()) &&
           reading.events[n] == whole_.events[n]) {
      ++n;
    }
    return n;
  }

  MemoryFile file_;
  std::string bytes_;
  TraceReading whole_;
};

TEST_P(TraceDamageTest, EveryTruncationIsAnErrorOrAPrefixThatSaysSo) {
  size_t most = 0;
  for (size_t n = 0; n < bytes_.size(); n = After(n)) {
    const TraceReading reading = Read(absl::string_view(bytes_).substr(0, n));
    ASSERT_EQ(Prefix(reading), reading.events.size()) << "cut to " << n;
    ASSERT_TRUE(!reading.status.ok() || !reading.recovered.empty())
        << "cut to " << n;
    // What is readable of a file does not shrink as the file grows.
    ASSERT_GE(reading.events.size(), most) << "cut to " << n;
    most = reading.events.size();
  }
  EXPECT_GT(most, whole_.events.size() / 2);
}

TEST_P(TraceDamageTest, EveryChangedByteIsAnErrorOrAPrefixThatSaysSo) {
  const bool every_bit = bytes_.size() < 1900;
  for (size_t i = 0; i < bytes_.size(); i = After(i)) {
    std::vector<int> masks = {0xff, 1 << (i % 8)};
    for (int bit = 0; every_bit && bit < 8; ++bit) masks.push_back(1 << bit);
    for (const int mask : masks) {
      std::string changed = bytes_;
      changed[i] = static_cast<char>(changed[i] ^ mask);
      const TraceReading reading = Read(changed);
      if (GetParam().open) continue;
      ASSERT_EQ(Prefix(reading), reading.events.size())
          << "byte " << i << " ^ " << mask;
      ASSERT_TRUE(!reading.status.ok() || !reading.recovered.empty())
          << "byte " << i << " ^ " << mask;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, TraceDamageTest,
                         ::testing::Values(Shape{"columns_none"},
                                           Shape{"columns_zstd"},
                                           Shape{"rows_none"},
                                           Shape{"flight"},
                                           Shape{"open", true}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace asupersync
