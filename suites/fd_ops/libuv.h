// SPDX-License-Identifier: Apache-2.0
// libuv's answers: streams that write with uv_write, and with uv_try_write.
#pragma once

#include "impl/fd_ops/one_shot.h"
#include "suites/fd_ops/peer.h"

namespace tare::suites {

class LibuvWrites;
class LibuvTriedWrites;
extern template class LibraryTrips<LibuvWrites>;
extern template class LibraryTrips<LibuvTriedWrites>;

using Libuv = LibraryTrips<LibuvWrites>;
using LibuvTry = LibraryTrips<LibuvTriedWrites>;

// Dials, exchanges and closes, over TCP 4 alone.
class LibuvOneShots;
extern template class LibraryTrips<LibuvOneShots, io::Transport>;
using LibuvOneShot = LibraryTrips<LibuvOneShots, io::Transport>;

static_assert(io::fd_ops::Answer<Libuv> && io::fd_ops::Answer<LibuvTry>);
static_assert(io::fd_ops::DialingAnswer<LibuvOneShot>);

}  // namespace tare::suites
