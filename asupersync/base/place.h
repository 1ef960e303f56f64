#ifndef ASUPERSYNC_BASE_PLACE_H_
#define ASUPERSYNC_BASE_PLACE_H_

#include <source_location>
#include <string>

namespace asupersync {

// "file.cc:12": how every message of this library names a source line, so that
// editors and terminals can jump to it.
std::string PlaceOf(const std::source_location& where);

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_PLACE_H_
