// SPDX-License-Identifier: Apache-2.0
// The reference: a Transfer (transfer.h) that copies what is too small for a splice to pay here.
#pragma once

#include "impl/splice_write_to/crossover.h"
#include "impl/splice_write_to/on_loop.h"
#include "impl/splice_write_to/same_ends.h"

namespace tare::io::splice_write_to {

// Once a process, which takes as long as measuring does (crossover.h). Where it cannot be measured
// everything is spliced.
template <Backend B>
const Pool::Options& MeasuredOptions() {
  static const Pool::Options options = [] {
    Pool::Options found;
    (void)MeasureCopyUpTo<B>(found);
    return found;
  }();
  return options;
}

template <Backend B>
using ReferenceTransfer = SameEnds<B, &MeasuredOptions<B>>;
template <class B>
using Reference = OnLoop<ReferenceTransfer<B>>;

}  // namespace tare::io::splice_write_to
