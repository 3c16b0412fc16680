// SPDX-License-Identifier: Apache-2.0
// What all answers over libevent have in common: the base, and how it is run. Only their own
// sources include this.
#pragma once

#include <event2/event.h>

#include <cerrno>

#include "impl/base/check.h"
#include "impl/base/signals.h"
#include "suites/fd_ops/peer.h"

namespace tare::suites {

// A base of its own a thread, and how it is run.
class LibeventBase : public PeerBase {
 public:
  LibeventBase() {
    event_config* config = event_config_new();
    TARE_CHECK(config != nullptr);
    (void)event_config_require_features(config, EV_FEATURE_ET | EV_FEATURE_O1);
    for (const int flag : {EVENT_BASE_FLAG_NOLOCK, EVENT_BASE_FLAG_IGNORE_ENV,
                           EVENT_BASE_FLAG_NO_CACHE_TIME, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST}) {
      (void)event_config_set_flag(config, flag);
    }
    base_ = event_base_new_with_config(config);
    event_config_free(config);
    TARE_CHECK(base_ != nullptr);
  }
  ~LibeventBase() {
    event_base_free(base_);
    io::TakeBackSignal(EPIPE);  // a bufferevent writes without MSG_NOSIGNAL
  }
  LibeventBase(const LibeventBase&) = delete;
  LibeventBase& operator=(const LibeventBase&) = delete;

 protected:
  // Null without deadlines: no timeout.
  const timeval* Timeout() noexcept {
    const timeval hour = {3600, 0};
    return ends_.exchange.deadlines ? event_base_init_common_timeout(base_, &hour) : nullptr;
  }

  void Run() noexcept {
    while (left_ > 0 && failed_.ok()) {
      if (event_base_loop(base_, 0) != 0) Fail({0, io::Errc::kOther, 0});
    }
  }
  void Stop(io::Result r) noexcept {
    Fail(r);
    event_base_loopbreak(base_);
  }
  void Stop(int error) noexcept {
    FailWith(error);
    event_base_loopbreak(base_);
  }
  void Ended() noexcept {
    if (--left_ == 0) event_base_loopbreak(base_);
  }

  const io::SignalShield shield_;
  event_base* base_;
};

}  // namespace tare::suites
