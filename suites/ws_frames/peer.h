// SPDX-License-Identifier: Apache-2.0
// Peer: an answer that stands on somebody else's library, whose headers stay in its own source.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "impl/base/op.h"
#include "impl/base/socket.h"
#include "impl/loop/timers.h"

namespace tare::suites {

// What stands in for a library that this binary was built without: nothing of it is ever called but
// WhyNot.
class AbsentPeer {
 public:
  io::Result Open(std::span<const std::byte>, size_t) { return kAbsent; }
  io::Result ReadMessage(std::span<std::byte>) noexcept { return kAbsent; }

  io::Result Open(io::Pair pair, size_t) {
    io::CloseAll({&pair, 1});
    return kAbsent;
  }
  io::Result Trip() noexcept { return kAbsent; }
  std::span<std::byte> Message() noexcept { return {}; }
  std::span<const std::byte> Received() noexcept { return {}; }
  void Close() noexcept {}

 private:
  static constexpr io::Result kAbsent{0, io::Errc::kUnsupported, 0};
};

// Reads masked messages from memory as a server. Of Library, a class that is complete in its own
// source only, it has the members:
//
//   class BeastReads;                       // beast.h
//   extern template class Peer<BeastReads>;
//
//   class BeastReads {...};                 // beast.cc
//   template class Peer<BeastReads>;
//
// Where the library is missing, scripts/cmake/TarePeer.cmake makes a source with an AbsentPeer.
// Over io::Transport it is instead an io::ws_frames::MessageAnswer: whole messages over a socket.
struct OverMemory {};
template <class Library, class Over = OverMemory>
class Peer {
 public:
  static const char* WhyNot() noexcept;

  explicit Peer(io::Timers&);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // `wire` are frames of `frame` bytes each, which come again and again; they stay.
  io::Result Open(std::span<const std::byte> wire, size_t frame);
  // The next message, copied to `to`: n bytes.
  io::Result ReadMessage(std::span<std::byte> to) noexcept;

 private:
  const std::unique_ptr<Library> library_;
};

template <class Library, class Over>
const char* Peer<Library, Over>::WhyNot() noexcept {
  return Library::kWhyNot;
}
template <class Library, class Over>
Peer<Library, Over>::Peer(io::Timers&) : library_(std::make_unique<Library>()) {}
template <class Library, class Over>
Peer<Library, Over>::~Peer() = default;
template <class Library, class Over>
io::Result Peer<Library, Over>::Open(std::span<const std::byte> wire, size_t frame) {
  return library_->Open(wire, frame);
}
template <class Library, class Over>
io::Result Peer<Library, Over>::ReadMessage(std::span<std::byte> to) noexcept {
  return library_->ReadMessage(to);
}

template <class Library>
class Peer<Library, io::Transport> {
 public:
  static const char* WhyNot() noexcept;

  Peer();
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  io::Result Open(const io::Pair& pair, size_t size);
  io::Result Trip() noexcept;
  std::span<std::byte> Message() noexcept;
  std::span<const std::byte> Received() noexcept;
  void Close() noexcept;

 private:
  const std::unique_ptr<Library> library_;
};

template <class Library>
const char* Peer<Library, io::Transport>::WhyNot() noexcept {
  return Library::kWhyNot;
}
template <class Library>
Peer<Library, io::Transport>::Peer() : library_(std::make_unique<Library>()) {}
template <class Library>
Peer<Library, io::Transport>::~Peer() = default;
template <class Library>
io::Result Peer<Library, io::Transport>::Open(const io::Pair& pair, size_t size) {
  return library_->Open(pair, size);
}
template <class Library>
io::Result Peer<Library, io::Transport>::Trip() noexcept {
  return library_->Trip();
}
template <class Library>
std::span<std::byte> Peer<Library, io::Transport>::Message() noexcept {
  return library_->Message();
}
template <class Library>
std::span<const std::byte> Peer<Library, io::Transport>::Received() noexcept {
  return library_->Received();
}
template <class Library>
void Peer<Library, io::Transport>::Close() noexcept {
  library_->Close();
}

}  // namespace tare::suites
