// SPDX-License-Identifier: Apache-2.0
// Counts system calls: of this thread, and of all but the benchmark threads.
//
// The kernel's own tracepoint raw_syscalls:sys_enter is counted, so no call escapes, whichever
// library makes it; what a kernel thread does for the process (SQPOLL, io-wq) is no call of its. A
// call costs 50 to 60 ns more while it is counted, which is why this counter must be started, and
// never in a process that times something.
#pragma once

#include <cstdint>
#include <string_view>

namespace tare::count {

// Begins to count. Call it before the process has a second thread: threads made earlier are not
// seen. A second call does nothing. Where it fails, WhyNoSyscalls() says why.
void StartSyscalls() noexcept;

// Empty while system calls are counted; otherwise why they are not. What the readers below have
// given means nothing if this is no longer empty afterwards.
std::string_view WhyNoSyscalls() noexcept;

// The running total of the calling thread, which is a benchmark thread from its first reading to
// its end. Exact: the difference of two readings is what the thread has called between them,
// without the readings' own calls. The first reading in a thread allocates and opens a descriptor;
// later ones do neither.
uint64_t ReadSyscallsOfThisThread() noexcept;

// The running total of all threads that are no benchmark threads; the calling thread becomes one.
// The difference of two readings is exact where no benchmark thread has begun or ended between
// them and all others waited during each; were they at work all through a reading, it is off by
// what they called during it.
uint64_t ReadSyscallsOfOthers() noexcept;

}  // namespace tare::count
