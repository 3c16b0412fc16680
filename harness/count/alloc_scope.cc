// SPDX-License-Identifier: Apache-2.0
// AllocScope: differences of the counters, and what they cover.

#include "tare/alloc_scope.h"

#include "count/counters.h"
#include "count/slot.h"

namespace tare {
namespace {

AllocCount Read(AllocScope::Whose whose) {
  return whose == AllocScope::kThisThread ? count::ReadThisThread() : count::ReadProcess();
}

}  // namespace

AllocScope::AllocScope(Whose whose) : whose_(whose), start_(Read(whose)) {}

AllocCount AllocScope::Delta() const {
  return Read(whose_) - start_;
}

std::string_view AllocScope::Covers() {
  return count::kCovers;
}

std::string_view AllocScope::WhyNot() {
  return count::kWhyNot;
}

std::string_view AllocScope::Allocator() {
  return count::AllocatorName();
}

}  // namespace tare
