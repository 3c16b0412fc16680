// SPDX-License-Identifier: Apache-2.0
// WakeFd: a descriptor that any thread can make readable, by which a poller is woken.
#pragma once

#include "impl/base/handle.h"
#include "impl/base/op.h"

namespace tare::io {

class WakeFd {
 public:
  WakeFd() noexcept;
  ~WakeFd();
  WakeFd(const WakeFd&) = delete;
  WakeFd& operator=(const WakeFd&) = delete;

  // How making it went; not ok: the system's code.
  Result made() const noexcept { return made_; }
  Handle handle() const noexcept { return handle_; }

  // Makes it readable. From any thread. What was done before is seen by who has waited for it.
  void Signal() noexcept;
  // Makes it unreadable until the next Signal.
  void Drain() noexcept;

 private:
  Handle handle_ = kNoHandle;
  Result made_;
};

}  // namespace tare::io
