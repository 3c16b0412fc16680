// SPDX-License-Identifier: Apache-2.0
// Background: the seed's successor, no registration where the context cannot end.
#pragma once

#include <span>

#include "impl/ws_frames/published.h"

namespace tare::io::ws_frames {

// clang-format off
// The allocations of one read, by name:
//   1.-4. the registration  see published.h; none under Context::None()
// clang-format on
// So a header and a payload make 8, or none; of a control frame 10, or 6 under Context::None(), for
// its own context can end.
class Background : public Published {
 public:
  using Published::Published;

  Result ReadHeader(Context& context, Header& header) {
    bool registered = false;
    const Errc refused = Prepare(context, registered);
    if (refused != Errc::kOk) return {0, refused, 0};
    return Finish(context, registered, ParseHeader(header));
  }

  Result ReadPayload(Context& context, std::span<std::byte> to) {
    bool registered = false;
    const Errc refused = Prepare(context, registered);
    if (refused != Errc::kOk) return {0, refused, 0};
    return Finish(context, registered, CopyPayload(to));
  }

  Result ReadControl(Context&, const Header& header, std::span<std::byte> to) {
    return ReadUnderOwnContext(*this, header, to);
  }

 protected:
  Errc Prepare(Context& context, bool& registered) {
    if (const Errc e = LooksClosed(); e != Errc::kOk) return e;
    registered = &context != &Context::None();
    if (registered) Register(context);
    return LooksEnded();
  }

  Result Finish(Context& context, bool registered, Result r) {
    if (registered) Clear();
    return Translated(context, r);
  }
};

static_assert(Answer<Background>);

}  // namespace tare::io::ws_frames
