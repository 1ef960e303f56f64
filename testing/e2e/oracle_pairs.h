#ifndef ASUPERSYNC_TESTING_E2E_ORACLE_PAIRS_H_
#define ASUPERSYNC_TESTING_E2E_ORACLE_PAIRS_H_

#include <string>
#include <vector>

namespace asupersync {
namespace e2e {

// An oracle, a test of oracles_subject with a planted bug that it finds, and
// that test's correct twin.
struct OraclePair {
  std::string oracle;
  std::string failing;  // "Suite.Name"
  std::string passing;
  // What both tests are run with beside --gtest_filter; may be empty.
  std::string argument;
};

// In the order of OracleId.
const std::vector<OraclePair>& OraclePairs();

}  // namespace e2e
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_E2E_ORACLE_PAIRS_H_
