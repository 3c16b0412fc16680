// SPDX-License-Identifier: Apache-2.0
// AllocFault: arms the fault of the calling thread's slot.

#include "tare/alloc_fault.h"

#include "count/slot.h"

namespace tare {

AllocFault::AllocFault(uint64_t nth) {
  if (nth == 0) count::Die("tare::AllocFault: allocations are numbered from 1\n");
  if (count::FaultIsArmed()) count::Die("tare::AllocFault: this thread has one armed already\n");
  count::ArmFault(nth);
}

AllocFault::~AllocFault() {
  count::ArmFault(0);
}

bool AllocFault::Fired() const {
  return !count::FaultIsArmed();
}

}  // namespace tare
