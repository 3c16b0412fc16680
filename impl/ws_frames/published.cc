// SPDX-License-Identifier: Apache-2.0
// The registrations of the published answers, and their parsing.
#include "impl/ws_frames/published.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "impl/ws_frames/unmask.h"

namespace tare::io::ws_frames {
namespace {

constexpr int64_t kControlWait = 5'000'000'000;  // nanoseconds

}  // namespace

struct Published::State {
  ~State() { delete stop.load(); }

  std::atomic<bool> closed{false};
  std::atomic<std::function<bool()>*> stop{nullptr};
  std::mutex mutex;
  std::vector<std::shared_ptr<Registration>> started;  // under the mutex
};

struct Published::Registration : Context::Link, std::enable_shared_from_this<Registration> {
  explicit Registration(const std::shared_ptr<State>& s) : Link(&OnEnd), state(s) {}

  static void OnEnd(Link& link) noexcept {
    auto& own = static_cast<Registration&>(link);
    if (const auto state = own.state.lock()) {
      const std::lock_guard lock(state->mutex);
      state->started.push_back(own.shared_from_this());
    }
  }

  const std::weak_ptr<State> state;
  std::function<void()> callback;
};

Published::Published(Timers& timers) : timers_(timers), state_(std::make_shared<State>()) {}
Published::~Published() {
  Clear();
}

void Published::Open(Role role, const Limits&) noexcept {
  role_ = role;
  close_received_ = false;
  here_ = {};
  left_ = 0;
}

bool Published::closed() const noexcept {
  return state_->closed.load(std::memory_order_acquire);
}

void Published::RunStarted() {
  std::vector<std::shared_ptr<Registration>> started;
  {
    const std::lock_guard lock(state_->mutex);
    started.swap(state_->started);
  }
  for (const auto& registration : started) registration->callback();
}

void Published::Register(Context& context) {
  auto registration = std::make_shared<Registration>(state_);
  registration->callback = [this, state = state_] {
    Clear();
    state->closed.store(true, std::memory_order_release);
  };
  std::function<bool()> stop = [registration] {
    registration->Leave();
    return true;
  };
  registration->MoveTo(context);
  if (context.why() != Errc::kOk) Registration::OnEnd(*registration);
  delete state_->stop.exchange(new std::function<bool()>(std::move(stop)));
}

void Published::Clear() {
  const std::unique_ptr<std::function<bool()>> stop(state_->stop.exchange(nullptr));
  if (stop != nullptr) (void)(*stop)();
}

Published::ControlContext Published::NewControlContext() {
  ControlContext made;
  made.context = std::make_unique<Context>(timers_, CoarseNow().Plus(kControlWait));
  made.cancel = [state = state_, context = made.context.get()] { context->Cancel(); };
  return made;
}

Result Published::Translated(const Context& context, Result r) const noexcept {
  if (r.ok()) return r;
  if (const Errc why = context.why(); why != Errc::kOk) return {r.n, why, 0};
  if (closed()) return {r.n, Errc::kClosed, 0};
  return r;
}

Result Published::ParseHeader(Header& header) noexcept {
  if (here_.size() < kLeastHeader) return {0, Errc::kEof, 0};
  const size_t size = HeaderSize(static_cast<uint8_t>(here_[1]));
  if (here_.size() < size) return {0, Errc::kEof, 0};
  (void)DecodeHeader(here_.data(), header);
  here_ = here_.subspan(size);
  // Errors of the peer's, of which it is not told, and after which the next read goes on here.
  if (header.length >> 63 != 0) return {0, Errc::kInvalid, 0};
  if (role_ == Role::kServer && !header.masked()) return {0, Errc::kInvalid, 0};
  left_ = header.length;
  key_ = header.key;
  return {static_cast<int64_t>(size)};
}

Result Published::CopyPayload(std::span<std::byte> to) noexcept {
  const auto n =
      static_cast<size_t>(std::min<uint64_t>(left_, std::min<uint64_t>(to.size(), here_.size())));
  std::memcpy(to.data(), here_.data(), n);
  if (role_ == Role::kServer) {
    Unmask(to.data(), to.data(), n, key_);
    key_ = Rotated(key_, n);
  }
  here_ = here_.subspan(n);
  left_ -= n;
  return {static_cast<int64_t>(n)};
}

}  // namespace tare::io::ws_frames
