// SPDX-License-Identifier: Apache-2.0
// Peer: an answer that stands on somebody else's library, whose headers stay in its own source.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "impl/base/errc.h"
#include "impl/base/op.h"
#include "impl/fd_ops/contract.h"
#include "impl/fd_ops/ends.h"

namespace tare::suites {

// What is kept beside any library: handles that it has not taken yet, messages and buffers, and how
// far the trip is.
class PeerBase {
 public:
  static constexpr const char* kWhyNot = nullptr;

  std::span<const std::byte> Received(int i) noexcept {
    return {ends_.ClientBuffer(static_cast<size_t>(i)), ends_.received[static_cast<size_t>(i)]};
  }
  std::span<std::byte> Message(int i) noexcept {
    return {ends_.Message(static_cast<size_t>(i)), ends_.exchange.size};
  }

 protected:
  // The handle of one end, which the caller now owns. `end` is twice the connection's index, plus
  // one at the server.
  io::Handle Take(size_t end) noexcept {
    io::Pair& pair = ends_.pairs[end / 2];
    return std::exchange(end % 2 == 1 ? pair.server : pair.client, io::kNoHandle);
  }
  // The first failure of a trip is what it ends with.
  void Fail(io::Result r) noexcept {
    if (failed_.ok()) failed_ = r;
  }
  // `error` may be 0, from a library that says no more than that it failed.
  void FailWith(int error) noexcept {
    Fail({0, error == 0 ? io::Errc::kOther : io::FromErrno(error), error});
  }
  size_t active() const noexcept { return static_cast<size_t>(ends_.exchange.active); }

  io::fd_ops::Ends ends_;
  size_t left_ = 0;  // of the trip: what has not ended yet
  io::Result failed_;
};

// What stands in for a library that this binary was built without: nothing of it is ever called but
// WhyNot.
class AbsentPeer {
 public:
  io::Result Open(std::span<const io::Pair> pairs, const io::fd_ops::Exchange&) {
    for (io::Pair pair : pairs) io::CloseAll({&pair, 1});
    return {0, io::Errc::kUnsupported, 0};
  }
  io::Result Open(io::Transport, const io::fd_ops::Exchange&) {
    return {0, io::Errc::kUnsupported, 0};
  }
  io::Result Trip() noexcept { return {0, io::Errc::kUnsupported, 0}; }
  std::span<const std::byte> Received(int) noexcept { return {}; }
  std::span<std::byte> Message(int) noexcept { return {}; }
  void Close() noexcept {}
};

// Satisfies Answer with the members of Library, a class that is complete in its own source only:
//
//   class LibuvWrites;                          // libuv.h
//   extern template class Peer<LibuvWrites>;
//
//   class LibuvWrites : public PeerBase {...};  // libuv.cc
//   template class Peer<LibuvWrites>;
//
// Where the library is missing, scripts/cmake/TarePeer.cmake makes a source with an AbsentPeer.
// Of a DialingAnswer, From is io::Transport.
template <class Library, class From = std::span<const io::Pair>>
class Peer {
 public:
  static const char* WhyNot() noexcept;

  Peer();
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  io::Result Open(From from, const io::fd_ops::Exchange& exchange);
  io::Result Trip() noexcept;
  std::span<const std::byte> Received(int i) noexcept;
  std::span<std::byte> Message(int i) noexcept;
  void Close() noexcept;

 private:
  const std::unique_ptr<Library> library_;
};

template <class Library, class From>
const char* Peer<Library, From>::WhyNot() noexcept {
  return Library::kWhyNot;
}
template <class Library, class From>
Peer<Library, From>::Peer() : library_(std::make_unique<Library>()) {}
template <class Library, class From>
Peer<Library, From>::~Peer() = default;
template <class Library, class From>
io::Result Peer<Library, From>::Open(From from, const io::fd_ops::Exchange& exchange) {
  return library_->Open(from, exchange);
}
template <class Library, class From>
io::Result Peer<Library, From>::Trip() noexcept {
  return library_->Trip();
}
template <class Library, class From>
std::span<const std::byte> Peer<Library, From>::Received(int i) noexcept {
  return library_->Received(i);
}
template <class Library, class From>
std::span<std::byte> Peer<Library, From>::Message(int i) noexcept {
  return library_->Message(i);
}
template <class Library, class From>
void Peer<Library, From>::Close() noexcept {
  library_->Close();
}

}  // namespace tare::suites
