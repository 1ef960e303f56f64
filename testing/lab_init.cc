#include "asupersync/testing/lab_init.h"

#include "asupersync/testing/lab_session.h"

namespace asupersync {

void InitLabTesting(int* argc, char** argv) {
  testing_internal::LabSession::Get().Init(argc, argv);
}

}  // namespace asupersync
