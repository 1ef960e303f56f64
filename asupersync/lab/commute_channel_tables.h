// The tables of asupersync/channel for commute.h. For tests only.
#ifndef ASUPERSYNC_LAB_COMMUTE_CHANNEL_TABLES_H_
#define ASUPERSYNC_LAB_COMMUTE_CHANNEL_TABLES_H_

#include "asupersync/lab/commute.h"

namespace asupersync {
namespace commute {

Report CheckMpsc();
Report CheckUnboundedMpsc();
Report CheckOneshot();
Report CheckBroadcast();
// Of messages that have a destructor.
Report CheckBroadcastOfStrings();
Report CheckWatch();

}  // namespace commute
}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_COMMUTE_CHANNEL_TABLES_H_
