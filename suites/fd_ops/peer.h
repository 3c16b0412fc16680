// SPDX-License-Identifier: Apache-2.0
// LibraryTrips: an answer that stands on a third-party library, whose headers stay in its own
// source.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "impl/base/errc.h"
#include "impl/base/op.h"
#include "impl/fd_ops/contract.h"
#include "impl/fd_ops/ends.h"
#include "suites/support/absent_library.h"  // for the sources that CMake makes

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

// Satisfies Answer with the members of Library, a class that is complete in its own source only:
//
//   class LibuvWrites;                          // libuv.h
//   extern template class LibraryTrips<LibuvWrites>;
//
//   class LibuvWrites : public PeerBase {...};  // libuv.cc
//   template class LibraryTrips<LibuvWrites>;
//
// Where the library is missing, scripts/cmake/TarePeer.cmake makes a source with an AbsentLibrary.
// Of a DialingAnswer, From is io::Transport.
template <class Library, class From = std::span<const io::Pair>>
class LibraryTrips {
 public:
  static const char* WhyNot() noexcept;

  LibraryTrips();
  ~LibraryTrips();
  LibraryTrips(const LibraryTrips&) = delete;
  LibraryTrips& operator=(const LibraryTrips&) = delete;

  io::Result Open(From from, const io::fd_ops::Exchange& exchange);
  io::Result Trip() noexcept;
  std::span<const std::byte> Received(int i) noexcept;
  std::span<std::byte> Message(int i) noexcept;
  void Close() noexcept;

 private:
  const std::unique_ptr<Library> library_;
};

template <class Library, class From>
const char* LibraryTrips<Library, From>::WhyNot() noexcept {
  return Library::kWhyNot;
}
template <class Library, class From>
LibraryTrips<Library, From>::LibraryTrips() : library_(std::make_unique<Library>()) {}
template <class Library, class From>
LibraryTrips<Library, From>::~LibraryTrips() = default;
template <class Library, class From>
io::Result LibraryTrips<Library, From>::Open(From from, const io::fd_ops::Exchange& exchange) {
  return library_->Open(from, exchange);
}
template <class Library, class From>
io::Result LibraryTrips<Library, From>::Trip() noexcept {
  return library_->Trip();
}
template <class Library, class From>
std::span<const std::byte> LibraryTrips<Library, From>::Received(int i) noexcept {
  return library_->Received(i);
}
template <class Library, class From>
std::span<std::byte> LibraryTrips<Library, From>::Message(int i) noexcept {
  return library_->Message(i);
}
template <class Library, class From>
void LibraryTrips<Library, From>::Close() noexcept {
  library_->Close();
}

}  // namespace tare::suites
