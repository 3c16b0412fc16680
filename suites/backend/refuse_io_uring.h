// SPDX-License-Identifier: Apache-2.0
// RefuseIoUring: makes this process one in which io_uring is forbidden, as in many a container.
#pragma once

namespace tare::io::contract {

// From here on, in this thread, what it starts and what it executes, the calls of io_uring fail
// with `error` (EPERM as under a seccomp policy, ENOSYS as on a kernel without them). For good.
// False if the system does not allow it; errno says why.
bool RefuseIoUring(int error);

// The same for one of the calls only, the one that registers: files, buffers, and questions. Rings
// can be made and used.
bool RefuseRegistering(int error);

}  // namespace tare::io::contract
