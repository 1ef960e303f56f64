// Lists the oracles, each with a test that it fails and that test's correct
// twin:
//
//   bazel run //testing/e2e:oracles -- --list
//
// One line for each: name, failing test, passing test, with tabs between. The
// tests are those of //testing/e2e:oracles_subject; //testing/e2e:oracles_test
// runs them.
#include <cstdio>
#include <cstring>

#include "testing/e2e/oracle_pairs.h"

int main(int argc, char** argv) {
  if (argc != 2 || std::strcmp(argv[1], "--list") != 0) {
    std::fprintf(stderr, "usage: oracles --list\n");
    return 2;
  }
  for (const auto& pair : asupersync::e2e::OraclePairs()) {
    std::printf("%s\t%s\t%s\n", pair.oracle.c_str(), pair.failing.c_str(),
                pair.passing.c_str());
  }
  return 0;
}
