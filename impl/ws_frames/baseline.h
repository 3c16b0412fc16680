// SPDX-License-Identifier: Apache-2.0
// The baseline: what the published "before" did, a registration and an owning closure for every
// read.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "impl/ws_frames/published.h"

namespace tare::io::ws_frames {

// clang-format off
// The allocations of one read, by name:
//   1.-4. the registration  see published.h; under any context, also one that cannot end
//   5.    the result        std::make_shared: the closure looks at it after the read has written it
//   6.    the closure       std::function that owns it
// clang-format on
// So a header and a payload make 12; of a control frame they make 14.
class Baseline : public Published {
 public:
  using Published::Published;

  Result ReadHeader(Context& context, Header& header) {
    const auto told = std::make_shared<Result>();
    const std::function<void()> finish = Prepare(context, told);
    if (!finish) return *told;
    *told = ParseHeader(header);
    finish();
    return *told;
  }

  Result ReadPayload(Context& context, std::span<std::byte> to) {
    const auto told = std::make_shared<Result>();
    const std::function<void()> finish = Prepare(context, told);
    if (!finish) return *told;
    *told = CopyPayload(to);
    finish();
    return *told;
  }

  Result ReadControl(Context&, const Header& header, std::span<std::byte> to) {
    return ReadUnderOwnContext(*this, header, to);
  }

 protected:
  // What is to be called when the read has ended; empty if it must not begin, for `told`.
  std::function<void()> Prepare(Context& context, const std::shared_ptr<Result>& told) {
    told->err = LooksClosed();
    if (!told->ok()) return nullptr;
    Register(context);
    std::function<void()> finish = [this, &context, told] {
      Clear();
      *told = Translated(context, *told);
    };
    told->err = LooksEnded();
    if (told->ok()) return finish;
    finish();
    return nullptr;
  }
};

static_assert(Answer<Baseline>);

}  // namespace tare::io::ws_frames
