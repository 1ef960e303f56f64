// CutBlocks gives the end of a recording a beginning: the last blocks, cut to
// the event with which a flight recorder's trace begins.
//
// Determinism: a pure function.
#ifndef ASUPERSYNC_TRACE_CUT_BLOCKS_H_
#define ASUPERSYNC_TRACE_CUT_BLOCKS_H_

#include <cstdint>
#include <vector>

#include "asupersync/trace/metadata.h"
#include "asupersync/trace/replay_trace.h"
#include "asupersync/trace/site_table.h"

namespace asupersync {

// The events from `first` on as blocks that stand alone: blocks with nothing
// but the definitions of all sites from before, a block with the events after
// the cut, then `blocks` as they were. `sites` are those that were defined
// before `blocks`. Sets first_event, start_tick and start_certificate.
// REQUIRES: the event `first` is in `blocks`, which decode without error.
std::vector<TraceBlock> CutBlocks(std::vector<TraceBlock> blocks,
                                  uint64_t first, std::vector<Site> sites,
                                  TraceMetadata* metadata);

}  // namespace asupersync

#endif  // ASUPERSYNC_TRACE_CUT_BLOCKS_H_
