// SPDX-License-Identifier: Apache-2.0
// libuv's answers: streams that write with uv_write, and with uv_try_write.
#pragma once

#include "impl/fd_ops/one_shot.h"
#include "suites/fd_ops/peer.h"

namespace tare::suites {

class LibuvWrites;
class LibuvTriedWrites;
extern template class Peer<LibuvWrites>;
extern template class Peer<LibuvTriedWrites>;

using Libuv = Peer<LibuvWrites>;
using LibuvTry = Peer<LibuvTriedWrites>;

// Dials, exchanges and closes, over TCP 4 alone.
class LibuvOneShots;
extern template class Peer<LibuvOneShots, io::Transport>;
using LibuvOneShot = Peer<LibuvOneShots, io::Transport>;

static_assert(io::fd_ops::Answer<Libuv> && io::fd_ops::Answer<LibuvTry>);
static_assert(io::fd_ops::DialingAnswer<LibuvOneShot>);

}  // namespace tare::suites
