// The tables of asupersync/task for commute.h: tasks, timers, scopes. For tests
// only.
#ifndef ASUPERSYNC_LAB_COMMUTE_TASK_TABLES_H_
#define ASUPERSYNC_LAB_COMMUTE_TASK_TABLES_H_

#include "asupersync/lab/commute.h"

namespace asupersync {
namespace commute {

Report CheckTask();
Report CheckTimers();
// The pair's tasks are in a scope.
Report CheckScope();

}  // namespace commute
}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_COMMUTE_TASK_TABLES_H_
