// SPDX-License-Identifier: Apache-2.0
// The scopes of tare/account.h switch the ledger of the calling thread; Account takes differences.

#include "tare/account.h"

#include "count/counters.h"
#include "count/slot.h"

namespace tare {
namespace {

AccountCount Read(AllocScope::Whose whose) {
  return whose == AllocScope::kThisThread ? count::SplitOfThisThread() : count::SplitOfProcess();
}

// `scope` ends, and is not the innermost of this thread.
[[noreturn, gnu::cold, gnu::noinline]] void DieOf(const PayerScope* innermost) noexcept {
  count::Die(
      innermost == nullptr
          ? "tare::LibraryScope or CallbackScope: it ends on a thread where none is open; a "
            "scope ends on the thread that it began on\n"
          : "tare::LibraryScope or CallbackScope: it is not the innermost of the thread that "
            "it ends on; a scope ends where it began, and before those around it\n");
}

}  // namespace

PayerScope::PayerScope(bool library) noexcept
    : outer_(count::t_slot.innermost), switches_(count::t_slot.ledger.LibraryPays() != library) {
  count::Slot& slot = count::t_slot;
  slot.innermost = this;
  if (switches_) slot.ledger.Switch(Total(slot));
}

PayerScope::~PayerScope() {
  count::Slot& slot = count::t_slot;
  if (slot.innermost != this) [[unlikely]]
    DieOf(slot.innermost);
  slot.innermost = outer_;
  if (switches_) slot.ledger.Switch(Total(slot));
}

Account::Account(AllocScope::Whose whose) : whose_(whose), start_(Read(whose)) {}

AccountCount Account::Delta() const {
  return Read(whose_) - start_;
}

}  // namespace tare
