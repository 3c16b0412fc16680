// SPDX-License-Identifier: Apache-2.0
// OpeningFd: a descriptor that goes through the opening handshake before its owner uses it.
#pragma once

#include <span>
#include <string_view>

#include "impl/base/deadline.h"
#include "impl/fd_ops/reference.h"
#include "impl/ws_frames/opening.h"

namespace tare::io::ws_frames {

// Belongs to its loop's thread, as Fd does. A handshake ends with owner.ShookHands(Result) from
// Loop::Turn, once: also when the descriptor is closed meanwhile, and then with kClosed. Until then
// the owner starts nothing else.
template <Backend B, class Owner>
class OpeningFd : public fd_ops::Fd<B> {
 public:
  OpeningFd(Loop<B>& loop, Owner& o) noexcept : fd_ops::Fd<B>(loop), owner(o), loop_(loop) {
    failed_.fd = this;
    failed_.done = [](Op& op) noexcept {
      OpeningFd& fd = *static_cast<Failed&>(op).fd;
      fd.owner.ShookHands({0, fd.opening_.why(), 0});
    };
  }

  // The server's and the client's part; see Opening. A deadline that is set holds for all of it,
  // and is cleared when it has gone well.
  void ShakeAsServer(std::span<std::byte> in, std::span<std::byte> out) noexcept {
    Do(opening_.BeginServer(in, out));
  }
  void ShakeAsClient(std::span<std::byte> in, std::span<std::byte> out, std::string_view host,
                     std::string_view resource) noexcept {
    Do(opening_.BeginClient(in, out, host, resource));
  }
  const Opening& opening() const noexcept { return opening_; }

  Owner& owner;

 private:
  struct Failed : Op {
    OpeningFd* fd = nullptr;
  };
  using Fd = fd_ops::Fd<B>;
  static OpeningFd& Self(Fd& fd) noexcept { return static_cast<OpeningFd&>(fd); }

  void Do(Opening::Step step) noexcept {
    switch (step) {
      case Opening::Step::kReceive:
        return this->Read(opening_.room(), [](Fd& fd, Result r) noexcept {
          if (!r.ok()) return Self(fd).owner.ShookHands(r);
          Self(fd).Do(Self(fd).opening_.Received(static_cast<size_t>(r.n)));
        });
      case Opening::Step::kWrite:
        return this->Write(opening_.to_write(), [](Fd& fd, Result r) noexcept {
          if (!r.ok()) return Self(fd).owner.ShookHands(r);
          Self(fd).Do(Self(fd).opening_.Written());
        });
      case Opening::Step::kOpen:
        (void)this->SetDeadline(Deadline::Never());
        return owner.ShookHands({});
      case Opening::Step::kFailed:
        return loop_.End(failed_, {});  // never from inside the call that began it
    }
  }

  Loop<B>& loop_;
  Opening opening_;
  Failed failed_;
};

}  // namespace tare::io::ws_frames
