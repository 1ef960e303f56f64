// The tables of asupersync/sync for commute.h. For tests only.
#ifndef ASUPERSYNC_LAB_COMMUTE_SYNC_TABLES_H_
#define ASUPERSYNC_LAB_COMMUTE_SYNC_TABLES_H_

#include <vector>

#include "asupersync/lab/commute.h"

namespace asupersync {
namespace commute {

Report CheckMutex();
Report CheckRwLock();
Report CheckSemaphore();
Report CheckNotify();
Report CheckLatch();
Report CheckBarrier();
Report CheckOnceCell();
Report CheckShared();

}  // namespace commute
}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_COMMUTE_SYNC_TABLES_H_
