// SPDX-License-Identifier: Apache-2.0
// Asio's answers: callbacks and coroutines.
#pragma once

#include "impl/fd_ops/one_shot.h"
#include "suites/fd_ops/peer.h"

namespace tare::suites {

class AsioCallbacks;
class AsioCoroutines;
extern template class LibraryTrips<AsioCallbacks>;
extern template class LibraryTrips<AsioCoroutines>;

using Asio = LibraryTrips<AsioCallbacks>;
using AsioCoro = LibraryTrips<AsioCoroutines>;

// Dials, exchanges and closes, over TCP 4 alone.
class AsioOneShots;
extern template class LibraryTrips<AsioOneShots, io::Transport>;
using AsioOneShot = LibraryTrips<AsioOneShots, io::Transport>;

static_assert(io::fd_ops::Answer<Asio> && io::fd_ops::Answer<AsioCoro>);
static_assert(io::fd_ops::DialingAnswer<AsioOneShot>);

}  // namespace tare::suites
