// SPDX-License-Identifier: Apache-2.0
// Closure-free: the seed's own step, a method in place of the closure; still a registration for
// every read.
#pragma once

#include <span>

#include "impl/ws_frames/published.h"

namespace tare::io::ws_frames {

// clang-format off
// The allocations of one read, by name:
//   1.-4. the registration  see published.h; under any context, also one that cannot end
// clang-format on
// So a header and a payload make 8; of a control frame they make 10.
class ClosureFree : public Published {
 public:
  using Published::Published;

  Result ReadHeader(Context& context, Header& header) {
    const Errc refused = Prepare(context);
    if (refused != Errc::kOk) return {0, refused, 0};
    return Finish(context, ParseHeader(header));
  }

  Result ReadPayload(Context& context, std::span<std::byte> to) {
    const Errc refused = Prepare(context);
    if (refused != Errc::kOk) return {0, refused, 0};
    return Finish(context, CopyPayload(to));
  }

  Result ReadControl(Context&, const Header& header, std::span<std::byte> to) {
    return ReadUnderOwnContext(*this, header, to);
  }

 protected:
  // What it returns when the read must not begin has not been through Finish.
  Errc Prepare(Context& context) {
    if (const Errc e = LooksClosed(); e != Errc::kOk) return e;
    Register(context);
    return LooksEnded();
  }

  Result Finish(Context& context, Result r) {
    Clear();
    return Translated(context, r);
  }
};

static_assert(Answer<ClosureFree>);

}  // namespace tare::io::ws_frames
