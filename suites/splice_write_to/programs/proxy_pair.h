// SPDX-License-Identifier: Apache-2.0
// ProxyPair: a client's connection and one to the target, and a transfer each way between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "impl/splice_write_to/pool.h"
#include "impl/splice_write_to/transfer.h"
#include "suites/splice_write_to/programs/system.h"

namespace tare::suites::splice_write_to {

// What all pairs of a proxy do.
struct ProxyPlan {
  std::vector<Place> targets;    // at least one; tried in this order
  int64_t connect_patience = 0;  // nanoseconds in which each of them has to answer
  int64_t patience = 0;          // nanoseconds in which some byte has to move
  bool copies = false;           // through a buffer, and not spliced
  bool verbose = false;
};

// What reached the other side.
struct ProxyCounts {
  uint64_t up = 0;  // bytes, to the target
  uint64_t down = 0;
};

// Each way ends by itself: when its source has ended and all of it is delivered, the destination is
// told, and the other way goes on. When both have ended so, both connections are closed in order.
// Whatever else happens is passed on as a reset, to both sides: nobody takes what was cut off for
// the whole. Used again for one client after the other; after the first it allocates nothing.
template <class B>
class ProxyPair {
 public:
  // When everything is closed; it may begin anew from in there.
  using Over = void (*)(ProxyPair&, void* owner) noexcept;

  ProxyPair(io::Loop<B>& loop, io::splice_write_to::Pool& pool, const ProxyPlan& plan, void* owner,
            Over over) noexcept
      : loop_(loop),
        plan_(plan),
        owner_(owner),
        over_(over),
        client_(loop, *this),
        server_(loop, *this),
        up_(loop, pool, *this),
        down_(loop, pool, *this) {
    watch_.pair = this;
    watch_.fire = [](io::Timer& timer) noexcept { static_cast<Watch&>(timer).pair->OnWatch(); };
  }
  ProxyPair(const ProxyPair&) = delete;
  ProxyPair& operator=(const ProxyPair&) = delete;

  // Takes the client's connection over, and connects to the target. After an error it is still the
  // caller's, and `over` is not called. `number` is what it is called in messages.
  io::Result Begin(io::Handle client, uint64_t number) noexcept {
    const io::Result opened = client_.Open(client);
    if (!opened.ok()) return opened;
    client_.closed = false;
    number_ = number;
    counts_ = {};
    next_ = 0;
    ending_ = false;
    (void)io::SetNoDelay(client);
    if (plan_.verbose) Log("connected from " + ToString(io::RemoteAddress(client)));
    Connect();
    return {};
  }

  // Resets both sides, unless they are being closed already.
  void Stop() noexcept {
    if (!ending_) Tear("the proxy is stopped", plan_.verbose);
  }

  bool in_use() const noexcept { return !client_.closed || !server_.closed; }
  ProxyCounts counts() const noexcept { return counts_; }
  ProxyPair* next = nullptr;  // the owner's, while it is not in use

 private:
  using Fd = io::fd_ops::Fd<B>;
  using Transfer = io::splice_write_to::Transfer<B>;
  struct End : Fd {
    End(io::Loop<B>& loop, ProxyPair& the_pair) noexcept : Fd(loop), pair(the_pair) {}
    ProxyPair& pair;
    bool closed = true;
  };
  struct Way : Transfer {
    Way(io::Loop<B>& loop, io::splice_write_to::Pool& pool, ProxyPair& the_pair) noexcept
        : Transfer(loop, pool), pair(the_pair) {}
    ProxyPair& pair;
  };
  struct Watch : io::Timer {
    ProxyPair* pair = nullptr;
  };

  static ProxyPair& Of(Fd& fd) noexcept { return static_cast<End&>(fd).pair; }

  void Connect() noexcept {
    const Place& place = plan_.targets[next_++];
    to_ = place.address;
    io::Result r = io::NewSocket(place.transport, /*blocking=*/false);
    if (!r.ok()) return NotConnected(r);
    const auto h = static_cast<io::Handle>(r.n);
    r = server_.Open(h);
    if (!r.ok()) {
      (void)io::CloseHandle(h);
      return NotConnected(r);
    }
    server_.closed = false;
    (void)io::SetNoDelay(h);
    (void)server_.SetWriteDeadline(io::Now().Plus(plan_.connect_patience));
    server_.Connect(to_, [](Fd& fd, io::Result connected) noexcept {
      connected.ok() ? Of(fd).Connected() : Of(fd).NotConnected(connected);
    });
  }
  void NotConnected(io::Result r) noexcept {
    if (ending_) return;
    const std::string what = "cannot connect to " + ToString(to_) + ": " +
                             (r.err == io::Errc::kTimeout ? "it does not answer" : Words(r));
    if (next_ == plan_.targets.size()) return Tear(what, /*says=*/true);
    if (plan_.verbose) Log(what);
    // The next address has the descriptor when this one has left it.
    server_.open() ? (void)server_.Close(&OnClosed) : Connect();
  }

  void Connected() noexcept {
    if (ending_) return;
    (void)server_.SetWriteDeadline(io::Deadline::Never());
    if (plan_.verbose) Log("connected to " + ToString(to_));
    io::splice_write_to::Plan plan;
    plan.copies = plan_.copies;
    up_.Start(client_, server_, plan, &OnWay);
    down_.Start(server_, client_, plan, &OnWay);
    moved_before_ = Moved();
    quiet_ = 0;
    ArmWatch();
  }

  static void OnWay(Transfer& transfer, io::Result r) noexcept {
    Way& way = static_cast<Way&>(transfer);
    way.pair.WayEnded(way, r);
  }
  void WayEnded(Way& way, io::Result r) noexcept {
    (&way == &up_ ? counts_.up : counts_.down) += static_cast<uint64_t>(r.n);
    if (ending_) return EndIfAllIsOver();
    if (!r.ok()) return Tear(WhoFailed(way, r), plan_.verbose);
    // Where that side is gone by now the other way learns of it.
    (void)io::ShutdownSend((&way == &up_ ? server_ : client_).handle());
    if (up_.busy() || down_.busy()) return;
    if (plan_.verbose) Log("ended" + After());
    Close();
  }
  std::string WhoFailed(const Way& way, io::Result r) const {
    if (way.failed() == Transfer::Side::kNeither) return Words(r);
    const bool at_source = way.failed() == Transfer::Side::kSource;
    return (at_source == (&way == &up_) ? "the client: " : "the target: ") + Words(r);
  }

  // A reset for both sides; the reason is said on standard error, or not.
  void Tear(const std::string& why, bool says) noexcept {
    if (says) Log(why + After());
    for (End* end : {&client_, &server_}) {
      if (end->open()) (void)io::ResetOnClose(end->handle());
    }
    Close();
  }
  // Ends what is under way, and closes. Once.
  void Close() noexcept {
    ending_ = true;
    loop_.timers().Disarm(watch_);
    for (End* end : {&client_, &server_}) {
      if (end->open()) (void)end->Close(&OnClosed);
    }
  }
  static void OnClosed(Fd& fd, io::Result) noexcept {
    static_cast<End&>(fd).closed = true;
    ProxyPair& pair = Of(fd);
    pair.ending_ ? pair.EndIfAllIsOver() : pair.Connect();
  }
  void EndIfAllIsOver() noexcept {
    if (in_use() || up_.busy() || down_.busy()) return;
    // Nobody is left to whom that could go.
    up_.DropHeld();
    down_.DropHeld();
    over_(*this, owner_);
  }

  // The patience is looked at in quarters: a pair in which nothing moves is given up after a
  // quarter more of it at most.
  static constexpr int kLooks = 4;
  void ArmWatch() noexcept { loop_.timers().Arm(watch_, io::Now().Plus(plan_.patience / kLooks)); }
  void OnWatch() noexcept {
    const uint64_t moved = Moved();
    quiet_ = moved == moved_before_ ? quiet_ + 1 : 0;
    moved_before_ = moved;
    if (quiet_ < kLooks) return ArmWatch();
    Tear("no byte has moved for as long as --timeout says", plan_.verbose);
  }
  uint64_t Moved() const noexcept {
    return up_.taken() + up_.delivered() + down_.taken() + down_.delivered();
  }

  std::string After() const {
    return ", after " + std::to_string(counts_.up) + " bytes to the target and " +
           std::to_string(counts_.down) + " from it";
  }
  void Log(const std::string& what) const {
    std::fprintf(stderr, "tare-proxy: #%llu: %s\n", static_cast<unsigned long long>(number_),
                 what.c_str());
  }

  io::Loop<B>& loop_;
  const ProxyPlan& plan_;
  void* const owner_;
  const Over over_;
  End client_;
  End server_;
  Way up_;    // from the client to the target
  Way down_;  // and back
  Watch watch_;
  io::Address to_;   // the target that is tried, or connected
  size_t next_ = 0;  // of the targets
  uint64_t number_ = 0;
  ProxyCounts counts_;
  uint64_t moved_before_ = 0;
  int quiet_ = 0;  // looks in a row that found nothing moved
  bool ending_ = false;
};

}  // namespace tare::suites::splice_write_to
