// SPDX-License-Identifier: Apache-2.0
// LibraryReads and LibraryMessages: answers that stand on a third-party library, whose headers stay
// in its own source.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "impl/base/op.h"
#include "impl/base/socket.h"
#include "impl/loop/timers.h"
#include "suites/support/absent_library.h"  // for the sources that CMake makes

namespace tare::suites {

// Reads masked messages from memory as a server. Of Library, a class that is complete in its own
// source only, it has the members:
//
//   class BeastReads;                       // beast.h
//   extern template class LibraryReads<BeastReads>;
//
//   class BeastReads {...};                 // beast.cc
//   template class LibraryReads<BeastReads>;
//
// Where the library is missing, scripts/cmake/TarePeer.cmake makes a source with an AbsentLibrary.
template <class Library>
class LibraryReads {
 public:
  static const char* WhyNot() noexcept;

  explicit LibraryReads(io::Timers&);
  ~LibraryReads();
  LibraryReads(const LibraryReads&) = delete;
  LibraryReads& operator=(const LibraryReads&) = delete;

  // `wire` are frames of `frame` bytes each, which come again and again; they stay.
  io::Result Open(std::span<const std::byte> wire, size_t frame);
  // The next message, copied to `to`: n bytes.
  io::Result ReadMessage(std::span<std::byte> to) noexcept;

 private:
  const std::unique_ptr<Library> library_;
};

template <class Library>
const char* LibraryReads<Library>::WhyNot() noexcept {
  return Library::kWhyNot;
}
template <class Library>
LibraryReads<Library>::LibraryReads(io::Timers&) : library_(std::make_unique<Library>()) {}
template <class Library>
LibraryReads<Library>::~LibraryReads() = default;
template <class Library>
io::Result LibraryReads<Library>::Open(std::span<const std::byte> wire, size_t frame) {
  return library_->Open(wire, frame);
}
template <class Library>
io::Result LibraryReads<Library>::ReadMessage(std::span<std::byte> to) noexcept {
  return library_->ReadMessage(to);
}

// The same as an io::ws_frames::MessageAnswer: whole messages over a socket.
template <class Library>
class LibraryMessages {
 public:
  static const char* WhyNot() noexcept;

  LibraryMessages();
  ~LibraryMessages();
  LibraryMessages(const LibraryMessages&) = delete;
  LibraryMessages& operator=(const LibraryMessages&) = delete;

  io::Result Open(const io::Pair& pair, size_t size);
  io::Result Trip() noexcept;
  std::span<std::byte> Message() noexcept;
  std::span<const std::byte> Received() noexcept;
  void Close() noexcept;

 private:
  const std::unique_ptr<Library> library_;
};

template <class Library>
const char* LibraryMessages<Library>::WhyNot() noexcept {
  return Library::kWhyNot;
}
template <class Library>
LibraryMessages<Library>::LibraryMessages() : library_(std::make_unique<Library>()) {}
template <class Library>
LibraryMessages<Library>::~LibraryMessages() = default;
template <class Library>
io::Result LibraryMessages<Library>::Open(const io::Pair& pair, size_t size) {
  return library_->Open(pair, size);
}
template <class Library>
io::Result LibraryMessages<Library>::Trip() noexcept {
  return library_->Trip();
}
template <class Library>
std::span<std::byte> LibraryMessages<Library>::Message() noexcept {
  return library_->Message();
}
template <class Library>
std::span<const std::byte> LibraryMessages<Library>::Received() noexcept {
  return library_->Received();
}
template <class Library>
void LibraryMessages<Library>::Close() noexcept {
  library_->Close();
}

}  // namespace tare::suites
