#include "asupersync/trace/certificate.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace asupersync {
namespace {

uint64_t Of(const std::vector<uint64_t>& identities) {
  Certificate certificate;
  for (const uint64_t identity : identities) certificate.Add(0, identity);
  return certificate.value();
}

// A certificate is in manifests and traces: its value must never change.
TEST(CertificateTest, HasAFixedValue) {
  EXPECT_EQ(Certificate().value(), Mix64(0x6365727469666963));
  EXPECT_EQ(Of({1, 2, 3}), Of({1, 2, 3}));
  // By hand, in Python: s = Mix64(...); for i in 1, 2, 3: p = (s ^ i) * M;
  // s = (p ^ p >> 64) + I, all modulo 2^64.
  EXPECT_EQ(Of({1, 2, 3}), 0xff5740952438087du);
}

TEST(CertificateTest, EveryOrderHasItsOwnValue) {
  std::vector<uint64_t> order = {1, 2, 3, 4, 5, 6, 7, 8};
  std::set<uint64_t> values;
  do {
    values.insert(Of(order));
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(values.size(), 40320u);
}

TEST(CertificateTest, DependsOnLengthAndKind) {
  EXPECT_NE(Of({}), Of({0}));
  EXPECT_NE(Of({0}), Of({0, 0}));
  Certificate a, b;
  a.Add(0, 5);
  b.Add(1, 5);
  EXPECT_NE(a.value(), b.value());
  a.Add(1, 5);
  b.Add(0, 5);
  EXPECT_NE(a.value(), b.value());
}

TEST(CertificateTest, AllShortSchedulesOfSmallIdentitiesDiffer) {
  std::set<uint64_t> values;
  for (int bits = 0; bits < 1 << 16; ++bits) {
    std::vector<uint64_t> schedule;
    for (int i = 0; i < 16; ++i) schedule.push_back(1 + (bits >> i & 1));
    values.insert(Of(schedule));
  }
  EXPECT_EQ(values.size(), 1u << 16);
}

TEST(CertificateTest, ContinuesFromAState) {
  Certificate whole, part;
  whole.Add(0, 1);
  Certificate rest = Certificate::FromState(whole.value());
  whole.Add(2, 7);
  rest.Add(2, 7);
  EXPECT_EQ(whole, rest);
  whole.Reset();
  EXPECT_EQ(whole, part);
}

}  // namespace
}  // namespace asupersync
