// SPDX-License-Identifier: Apache-2.0
// Asio's answers: callbacks and coroutines.
#pragma once

#include "suites/fd_ops/peer.h"

namespace tare::suites {

class AsioCallbacks;
class AsioCoroutines;
extern template class Peer<AsioCallbacks>;
extern template class Peer<AsioCoroutines>;

using Asio = Peer<AsioCallbacks>;
using AsioCoro = Peer<AsioCoroutines>;

static_assert(io::fd_ops::Answer<Asio> && io::fd_ops::Answer<AsioCoro>);

}  // namespace tare::suites
