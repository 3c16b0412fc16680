// SPDX-License-Identifier: Apache-2.0
// AbsentLibrary: what stands in for a third-party library that this binary was built without.
#pragma once

#include <cstddef>
#include <span>

#include "impl/base/errc.h"
#include "impl/base/op.h"
#include "impl/base/socket.h"

namespace tare::suites {

// Has the members of every class that a suite makes of a third-party library. Where one is missing,
// scripts/cmake/TarePeer.cmake makes a class derived from this one, with the reason in kWhyNot.
// Its rows say that reason and call nothing else; whoever does finds it unsupported.
class AbsentLibrary {
 public:
  // Takes the handles over, as every Open does, and closes them.
  template <class... Arguments>
  io::Result Open(std::span<const io::Pair> pairs, const Arguments&...) {
    for (io::Pair pair : pairs) io::CloseAll({&pair, 1});
    return kAbsent;
  }
  template <class... Arguments>
  io::Result Open(io::Pair pair, const Arguments&...) {
    io::CloseAll({&pair, 1});
    return kAbsent;
  }
  template <class From, class... Arguments>
  io::Result Open(const From&, const Arguments&...) {
    return kAbsent;
  }
  io::Result Trip() noexcept { return kAbsent; }
  io::Result ReadMessage(std::span<std::byte>) noexcept { return kAbsent; }
  template <class... Index>
  std::span<std::byte> Message(Index...) noexcept {
    return {};
  }
  template <class... Index>
  std::span<const std::byte> Received(Index...) noexcept {
    return {};
  }
  void Close() noexcept {}

 private:
  static constexpr io::Result kAbsent{0, io::Errc::kUnsupported, 0};
};

}  // namespace tare::suites
