// SPDX-License-Identifier: Apache-2.0
// Proxy: accepts connections, and has a pair for each, as many at a time as it may.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "impl/fd_ops/reference.h"
#include "impl/splice_write_to/pool.h"
#include "suites/splice_write_to/programs/proxy_pair.h"
#include "suites/splice_write_to/programs/stop.h"
#include "suites/splice_write_to/programs/system.h"

namespace tare::suites::splice_write_to {

// With `most` pairs nobody else is accepted until one of them is over: they wait in the system's
// line. Pairs are made when there are more clients than ever before, and used again.
template <class B>
class Proxy {
 public:
  Proxy(const ProxyPlan& plan, size_t most, const io::splice_write_to::Pool::Options& pool)
      : plan_(plan), most_(most), pool_(loop_.timers(), pool), listener_(*this) {
    pairs_.reserve(most);
    rest_.proxy = this;
    rest_.fire = [](io::Timer& timer) noexcept { static_cast<Rest&>(timer).proxy->AcceptOne(); };
  }

  // Until SIGTERM or SIGINT; the status to exit with. Takes the handle over.
  int Run(io::Handle listening) {
    const io::Result opened = listener_.Open(listening);
    if (!opened.ok()) {
      std::fprintf(stderr, "tare-proxy: cannot wait for connections: %s\n", Words(opened).c_str());
      (void)io::CloseHandle(listening);
      return 1;
    }
    listener_.closed = false;
    const StopSignals stop([](void* self) noexcept { static_cast<Proxy*>(self)->loop_.Wake(); },
                           this);
    AcceptOne();
    // Whoever has started it may go on now, or stop it.
    std::printf("listening on %s\n", ToString(io::LocalAddress(listening)).c_str());
    std::fflush(stdout);
    while (!stop.asked()) loop_.Turn();
    Stop();
    std::printf("connections: %llu, bytes to the target: %llu, from it: %llu\n",
                static_cast<unsigned long long>(accepted_),
                static_cast<unsigned long long>(all_.up),
                static_cast<unsigned long long>(all_.down));
    return 0;
  }

 private:
  using Fd = io::fd_ops::Fd<B>;
  using Pair = ProxyPair<B>;
  struct Listener : Fd {
    explicit Listener(Proxy& the_proxy) : Fd(the_proxy.loop_), proxy(the_proxy) {}
    Proxy& proxy;
    bool closed = true;
  };
  struct Rest : io::Timer {
    Proxy* proxy = nullptr;
  };
  // After an accept in vain, which at the limit of descriptors would be in vain again at once.
  static constexpr int64_t kRest = 100'000'000;  // nanoseconds

  void AcceptOne() noexcept {
    if (!listener_.open() || listener_.reading() || live_ == most_) return;
    loop_.timers().Disarm(rest_);
    listener_.Accept(nullptr, [](Fd& fd, io::Result r) noexcept {
      Proxy& proxy = static_cast<Listener&>(fd).proxy;
      if (r.err == io::Errc::kClosed) return;
      if (!r.ok()) return proxy.AcceptLater(r);
      proxy.failing_ = false;
      proxy.Begin(static_cast<io::Handle>(r.n));
      proxy.AcceptOne();
    });
  }
  void AcceptLater(io::Result why) noexcept {
    if (!std::exchange(failing_, true)) {
      std::fprintf(stderr, "tare-proxy: cannot accept: %s; trying again until it goes\n",
                   Words(why).c_str());
    }
    loop_.timers().Arm(rest_, io::Now().Plus(kRest));
  }

  void Begin(io::Handle client) noexcept {
    ++accepted_;
    Pair* const pair = TakePair();
    const io::Result begun =
        pair != nullptr ? pair->Begin(client, accepted_) : io::Result{0, io::Errc::kResource, 0};
    if (begun.ok()) {
      ++live_;
      return;
    }
    std::fprintf(stderr, "tare-proxy: #%llu: given up: %s\n",
                 static_cast<unsigned long long>(accepted_), Words(begun).c_str());
    (void)io::CloseHandle(client);
    if (pair != nullptr) GivePair(*pair);
  }
  static void OnPairOver(Pair& pair, void* owner) noexcept {
    Proxy& proxy = *static_cast<Proxy*>(owner);
    proxy.all_.up += pair.counts().up;
    proxy.all_.down += pair.counts().down;
    --proxy.live_;
    proxy.GivePair(pair);
    // There is room, and there are descriptors, for one more.
    proxy.AcceptOne();
  }

  Pair* TakePair() noexcept {
    if (free_ != nullptr) return std::exchange(free_, free_->next);
    std::unique_ptr<Pair> made(new (std::nothrow) Pair(loop_, pool_, plan_, this, &OnPairOver));
    if (made == nullptr) return nullptr;
    pairs_.push_back(std::move(made));  // there is room for `most_`
    return pairs_.back().get();
  }
  void GivePair(Pair& pair) noexcept { pair.next = std::exchange(free_, &pair); }

  void Stop() noexcept {
    loop_.timers().Disarm(rest_);
    (void)listener_.Close(
        [](Fd& fd, io::Result) noexcept { static_cast<Listener&>(fd).closed = true; });
    for (const auto& pair : pairs_) {
      if (pair->in_use()) pair->Stop();
    }
    while (live_ > 0 || !listener_.closed) loop_.Turn();
  }

  const ProxyPlan& plan_;
  const size_t most_;
  io::Loop<B> loop_;
  io::splice_write_to::Pool pool_;
  Listener listener_;
  Rest rest_;             // armed while no accept is pending because one was in vain
  bool failing_ = false;  // the last accept was in vain, and that has been said
  std::vector<std::unique_ptr<Pair>> pairs_;
  Pair* free_ = nullptr;  // of them
  size_t live_ = 0;       // of them, that are in use
  uint64_t accepted_ = 0;
  ProxyCounts all_;  // of the pairs that are over
};

}  // namespace tare::suites::splice_write_to
