#ifndef ASUPERSYNC_TASK_LOCATED_CX_H_
#define ASUPERSYNC_TASK_LOCATED_CX_H_

#include <source_location>

#include "asupersync/task/cx.h"

namespace asupersync {

// A Cx and the place where it was passed on: for functions that cannot have a
// defaulted std::source_location, because they take any number of arguments.
//
//   template <class... F>
//   auto Race(LocatedCx at, F... branches);     // called as Race(cx, a, b)
struct LocatedCx {
  LocatedCx(Cx& context,  // NOLINT: converts
            std::source_location where = std::source_location::current())
      : cx(context), site(where) {}

  Cx& cx;
  std::source_location site;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_LOCATED_CX_H_
