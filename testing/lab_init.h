#ifndef ASUPERSYNC_TESTING_LAB_INIT_H_
#define ASUPERSYNC_TESTING_LAB_INIT_H_

namespace asupersync {

// Prepares a test program for lab tests: for main functions other than
// //testing:asupersync_test_main's.
//
//   testing::InitGoogleTest(&argc, argv);
//   asupersync::InitLabTesting(&argc, argv);
//   return RUN_ALL_TESTS();
//
// Reads the --lab_ flags (lab_flags.h lists them) and removes them from
// argc and argv, reads the environment, and loads the replay that they ask
// for. On bad input prints one line on standard error and ends the process
// with exit status 2: a malformed value, an unknown --lab_ flag, a recording
// that cannot be replayed by this program.
//
// REQUIRES: testing::InitGoogleTest has run; no test has.
void InitLabTesting(int* argc, char** argv);

}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_LAB_INIT_H_
