// SPDX-License-Identifier: Apache-2.0
// Endpoint: one end of a WebSocket connection over a descriptor; reads and writes allocate nothing.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "impl/base/check.h"
#include "impl/base/socket.h"
#include "impl/ws_frames/opening_fd.h"
#include "impl/ws_frames/reference.h"
#include "impl/ws_frames/sender.h"

namespace tare::io::ws_frames {

// Belongs to its loop's thread, where every member is called and every callback comes from
// Loop::Turn; the exceptions are contexts, which anybody may end, and shared.h, for any thread. No
// callback is called from inside the call that started it.
//
// One read at a time; any number of frames in line to be sent. Pings are answered, and the peer's
// Close is heard, only while a read is pending: what nobody reads stays in the system's buffers,
// and so nobody can make this end keep it. A ping that comes when its answer would not fit waits
// likewise.
//
// A connection ends by Close, by the peer's Close, by a read whose context ends, by an error of the
// peer's, and by one of the descriptor. In each case this end says so in a Close frame, if it still
// can and has not, and waits for the peer: Limits::close_wait for sending it, and as long again for
// the peer's Close and the end of its stream. Reads and frames that wait end at once. After that
// the descriptor is closed, and Close, whenever it is called, says that it is over.
//
// Memory: Limits::buffer and kSendRoom bytes, made by the constructor, and the object itself.
template <Backend B>
class Endpoint {
 public:
  using LoopType = Loop<B>;
  using Done = void (*)(Endpoint&, Result) noexcept;
  using ReadDone = void (*)(Endpoint&, const Piece&) noexcept;
  using Heard = void (*)(Endpoint&, std::span<const std::byte> payload) noexcept;

  static constexpr size_t kSendRoom = 16384;  // bytes

  static const char* WhyNot() noexcept { return B::WhyNot(); }

  Endpoint(Loop<B>& loop, Role role, const Limits& limits = {})
      : loop_(loop),
        role_(role),
        limits_(limits),
        memory_(std::make_unique<std::byte[]>(limits.buffer + kSendRoom)),
        fd_(loop, *this),
        reader_(&OnContextEnds, this) {
    later_.endpoint = this;
    later_.done = [](Op& op) noexcept { static_cast<Later&>(op).endpoint->Settle(); };
    word_.endpoint = this;
    word_.run = [](Task& task) noexcept { static_cast<Word&>(task).endpoint->OnWord(); };
  }
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;
  // Wants it closed, or never opened.
  ~Endpoint() { TARE_CHECK(state_ == State::kNew || told_closed_); }

  // Takes over a connection that is past its handshake; or the server's, or the client's part of
  // the handshake first, then `done`: kInvalid where the peer does not keep to it or refuses (see
  // handshake()), kResource where its head is longer than Limits::buffer, kTimeout after
  // Limits::close_wait. After an error of Open itself `h` is still the caller's.
  Result Open(Handle h) noexcept { return Begin(h, State::kOpen, nullptr); }
  Result Accept(Handle h, Done done) noexcept {
    const Result r = Begin(h, State::kOpening, done);
    if (r.ok()) fd_.ShakeAsServer(In(), SendRoom());
    return r;
  }
  Result Connect(Handle h, std::string_view host, std::string_view resource, Done done) noexcept {
    const Result r = Begin(h, State::kOpening, done);
    if (r.ok()) fd_.ShakeAsClient(In(), SendRoom(), host, resource);
    return r;
  }

  // The next bytes of the message that is being read, or of the next one. `to` is not empty. kOk if
  // `done` will be called. Else nothing happens: kInvalid while another read is pending or the
  // handshake is not over, kClosed once the descriptor is closed.
  Errc Read(Context& context, std::span<std::byte> to, ReadDone done) noexcept {
    TARE_CHECK(!to.empty() && state_ != State::kNew);
    if (read_.done != nullptr || state_ == State::kOpening) return Errc::kInvalid;
    if (state_ == State::kDown) return Errc::kClosed;
    const bool may_begin = state_ == State::kOpen && reader_.Enter(context) == Errc::kOk;
    read_ = {&context, to, done, may_begin};
    if (may_begin && reader_.hungry() && !paused_ && !receiving_) {
      Receive();
    } else {
      Schedule();
    }
    return Errc::kOk;
  }

  // In line. kOk if out.done will be called; kClosed and kInvalid as of Sender::Push.
  Errc Send(Outgoing& out) noexcept {
    if (state_ != State::kOpen) return Errc::kClosed;
    const Errc e = sender_.Push(out);
    if (e == Errc::kOk) Pump();
    return e;
  }

  // Called for every pong, with its payload; null for not at all.
  void set_on_pong(Heard on_pong) noexcept { on_pong_ = on_pong; }

  // Ends the connection, with `code` and `reason` unless it has ended already, and lets go of
  // everything. kOk if `done` will be called, with kOk if the peer has said Close too; kClosed when
  // called again, and kInvalid at any time for what may not be said (Sender::MayBeSaid).
  Errc Close(uint16_t code, std::string_view reason, Done done) noexcept {
    if (!Sender::MayBeSaid(code, reason)) return Errc::kInvalid;
    if (state_ == State::kNew || close_done_ != nullptr || told_closed_) return Errc::kClosed;
    if (state_ == State::kOpen) {
      (void)sender_.Close(code, reason);  // unless nothing can be said any more
      EndWith(Errc::kClosed);
    } else if (state_ == State::kOpening) {
      EndWith(Errc::kClosed);
      GoDown();
    }
    close_done_ = done;
    Schedule();
    return Errc::kOk;
  }

  // After the end: the code of the peer's Close (kNone: without one), or with what this end refused
  // the peer, or kAbnormal.
  uint16_t close_code() const noexcept {
    const bool known = reader_.ended() == Errc::kEof || reader_.ended() == Errc::kInvalid ||
                       reader_.ended() == Errc::kResource;
    return known ? reader_.close_code() : close_code::kAbnormal;
  }
  bool open() const noexcept { return state_ == State::kOpen; }
  Handle handle() const noexcept { return fd_.handle(); }
  // With what a server has answered, or a client was answered, and what was wrong with it.
  const Opening& handshake() const noexcept { return fd_.opening(); }

 private:
  enum class State : uint8_t {  // in this order
    kNew,
    kOpening,  // the handshake
    kOpen,
    kClosing,    // a Close frame waits, or is sent, and the peer's has not come
    kLingering,  // nothing more is said; what comes is dropped until the peer's stream ends
    kGoingDown,  // the descriptor is being closed
    kDown,
  };

  using Fd = fd_ops::Fd<B>;
  using Inner = OpeningFd<B, Endpoint>;
  friend Inner;
  static Endpoint& Of(Fd& fd) noexcept { return static_cast<Inner&>(fd).owner; }

  struct Later : Op {
    Endpoint* endpoint = nullptr;
    bool queued = false;
  };
  // Word that a context has ended; posted from the thread that ends it.
  struct Word : Task {
    Endpoint* endpoint = nullptr;
    std::atomic<bool> posted{false};
  };

  struct PendingRead {
    Context* context = nullptr;
    std::span<std::byte> to;
    ReadDone done = nullptr;
    bool begun = false;
  };

  std::span<std::byte> In() noexcept { return {memory_.get(), limits_.buffer}; }
  std::span<std::byte> SendRoom() noexcept { return {memory_.get() + limits_.buffer, kSendRoom}; }

  Result Begin(Handle h, State state, Done opened) noexcept {
    TARE_CHECK(state_ == State::kNew || told_closed_);
    const Result r = fd_.Open(h);
    if (!r.ok()) return r;
    // A message may take several writes, and none is to wait for the last one's acknowledgement.
    (void)SetNoDelay(h);
    if (opened != nullptr) (void)fd_.SetDeadline(Now().Plus(limits_.close_wait));
    state_ = state;
    opened_ = opened;
    ended_with_ = output_error_ = Errc::kOk;
    told_closed_ = deaf_ = heard_close_ = paused_ = has_header_ = input_bounded_ = false;
    reader_.Open(role_, limits_);
    sender_.Open(role_, SendRoom());
    return r;
  }

  void ShookHands(Result r) noexcept {
    if (r.err == Errc::kEof) r.err = Errc::kReset;                   // nobody has said Close
    if (r.ok() && state_ != State::kOpening) r.err = Errc::kClosed;  // meanwhile, by this end
    if (r.ok()) {
      reader_.Feed(fd_.opening().rest());
      state_ = State::kOpen;
    } else if (state_ == State::kOpening) {
      EndWith(r.err);
      deaf_ = true;
      Linger();
    }
    Schedule();
    std::exchange(opened_, nullptr)(*this, r);
  }

  // Reading.

  // Gets more bytes; of a payload that is longer than the buffer straight to where they are wanted.
  void Receive() noexcept {
    receiving_ = true;
    direct_ = read_.done != nullptr && state_ == State::kOpen && has_header_ &&
              !IsControl(header_.opcode()) && read_.to.size() > limits_.buffer &&
              reader_.payload_left() > limits_.buffer;
    const size_t most = direct_ ? reader_.payload_left() : limits_.buffer;
    const auto to = direct_ ? read_.to : In();
    fd_.Read(to.first(std::min(to.size(), most)),
             [](Fd& fd, Result r) noexcept { Of(fd).Received(r); });
  }

  void Received(Result r) noexcept {
    receiving_ = false;
    if (read_.done != nullptr && state_ != State::kOpen) Schedule();
    const bool canceled = r.err == Errc::kCanceled;  // to give the caller's buffer back
    if (!r.ok() && !canceled) return InputEnded(r);
    if (state_ == State::kLingering) return Receive();
    if (canceled) return Schedule();
    const auto n = static_cast<size_t>(r.n);
    if (direct_) {
      const Result taken = reader_.ReadInPlace(read_.to.first(n));
      if (!taken.ok()) return PeerFailed(taken.err);
      has_header_ = !reader_.frame_over();
      return EndRead({taken, reader_.message_opcode(), reader_.message_over()});
    }
    reader_.Feed(In().first(n));
    Advance();
  }

  // Whether there is somebody for whom to read on: who wants a message, or the peer's Close.
  bool WantsInput() const noexcept {
    if (deaf_ || paused_ || receiving_) return false;
    return state_ == State::kOpen ? read_.done != nullptr : state_ == State::kClosing;
  }

  // Reads on from what is here.
  void Advance() noexcept {
    paused_ = paused_ && !sender_.HasRoomForPong();
    while (WantsInput()) {
      Context& context = state_ == State::kOpen ? *read_.context : Context::None();
      if (!has_header_) {
        const Result r = reader_.ReadHeader(context, header_);
        if (!r.ok()) return ReadFailed(r.err);
        if (r.n == 0) return Receive();
        has_header_ = true;
      }
      if (IsControl(header_.opcode())) {
        if (!HearControl(context)) return;
        continue;
      }
      const bool wanted = state_ == State::kOpen;
      const auto to = wanted ? read_.to : std::span<std::byte>(dropped_);
      const Result r = reader_.ReadPayload(context, to);
      if (!r.ok()) return ReadFailed(r.err);
      const bool over = reader_.frame_over();
      has_header_ = !over;
      if (wanted && (r.n > 0 || reader_.message_over())) {
        return EndRead({r, reader_.message_opcode(), reader_.message_over()});
      }
      if (r.n == 0 && !over) return Receive();
    }
  }

  // False if it cannot go on yet.
  bool HearControl(Context& context) noexcept {
    if (header_.opcode() == Opcode::kPing && !sender_.HasRoomForPong()) {
      paused_ = true;
      return false;
    }
    const Result r = reader_.ReadControl(context, header_, control_);
    if (!r.ok()) {
      ReadFailed(r.err);
      return false;
    }
    if (!reader_.frame_over()) {
      Receive();
      return false;
    }
    has_header_ = false;
    const auto payload = std::span<const std::byte>(control_).first(static_cast<size_t>(r.n));
    if (header_.opcode() == Opcode::kPing) {
      sender_.Pong(payload);
      Pump();
    } else if (header_.opcode() == Opcode::kPong) {
      if (on_pong_ != nullptr) on_pong_(*this, payload);
    } else {
      PeerClosed();
      return false;
    }
    return true;
  }

  void EndRead(const Piece& piece) noexcept {
    if (read_.done != nullptr) std::exchange(read_, {}).done(*this, piece);
  }

  // What a read under `context` ends with after the end of the connection.
  Errc WhyEnded(const Context& context) const noexcept {
    if (reader_.ended() == Errc::kEof) return Errc::kEof;
    return context.why() != Errc::kOk ? context.why() : ended_with_;
  }

  // How a connection ends.

  // The first reason stays.
  void EndWith(Errc why) noexcept {
    if (ended_with_ == Errc::kOk) ended_with_ = why;
    if (state_ == State::kOpen) {
      state_ = State::kClosing;
      (void)fd_.SetWriteDeadline(Now().Plus(limits_.close_wait));
    }
    if (receiving_ && direct_) fd_.CancelRead();
    if (output_error_ != Errc::kOk) Linger();  // nothing can be said any more
    Schedule();
  }

  void ReadFailed(Errc why) noexcept {
    if (why == Errc::kCanceled || why == Errc::kTimeout) return ContextEnded(why);
    PeerFailed(why);
  }

  // The read says so, later ones that the connection is closed.
  void ContextEnded(Errc why) noexcept {
    (void)sender_.Close(close_code::kGoingAway, "");
    EndWith(Errc::kClosed);
    EndRead({{0, why, 0}});
  }

  // The peer has broken a rule: nothing of it is looked at any more.
  void PeerFailed(Errc why) noexcept {
    deaf_ = true;
    (void)sender_.Close(reader_.close_code(), "");
    EndWith(why);
    if (sender_.close_sent()) Linger();
  }

  void PeerClosed() noexcept {
    deaf_ = heard_close_ = true;
    (void)sender_.Close(reader_.close_code(), "");  // or ours was first
    EndWith(Errc::kEof);
    if (sender_.close_sent()) Linger();
  }

  void InputEnded(Result r) noexcept {
    if (state_ >= State::kGoingDown) return;
    if (state_ == State::kOpen) {
      // Without a Close that is an end that nobody has said.
      const Errc why = r.err == Errc::kEof ? Errc::kReset : r.err;
      reader_.End(why);
      EndWith(why);
    }
    GoDown();
  }

  void OutputEnded(Errc why) noexcept {
    sender_.Stop();
    output_error_ = why;
    Schedule();
    if (state_ == State::kOpen) return;  // what the peer has still said is to be read
    if (state_ == State::kClosing && why != Errc::kTimeout) return Linger();
    GoDown();
  }

  void Linger() noexcept {
    if (state_ >= State::kLingering) return;
    state_ = State::kLingering;
    sender_.Stop();
    (void)ShutdownSend(fd_.handle());
    BoundInput();
    if (!receiving_) Receive();
  }

  // From the Close frame on, once.
  void BoundInput() noexcept {
    if (!std::exchange(input_bounded_, true)) {
      (void)fd_.SetReadDeadline(Now().Plus(limits_.close_wait));
    }
  }

  void GoDown() noexcept {
    if (state_ >= State::kGoingDown) return;
    state_ = State::kGoingDown;
    sender_.Stop();
    (void)fd_.Close([](Fd& fd, Result) noexcept {
      Endpoint& e = Of(fd);
      e.state_ = State::kDown;
      e.input_bounded_ = false;
      e.Schedule();
    });
  }

  // Sending.

  void Pump() noexcept {
    if (writing_ || state_ >= State::kLingering) return;
    const auto bytes = sender_.Next();
    if (bytes.empty()) return;
    writing_ = true;
    fd_.Write(bytes, [](Fd& fd, Result r) noexcept { Of(fd).Written(r); });
  }

  void Written(Result r) noexcept {
    writing_ = false;
    if (!r.ok()) return OutputEnded(r.err);
    if (Outgoing* out = sender_.Wrote()) {
      out->done(*out, {static_cast<int64_t>(out->payload.size())});
    }
    if (sender_.close_sent()) {
      if (deaf_) return Linger();
      BoundInput();
      return Advance();
    }
    Pump();
    if (paused_) Advance();
  }

  // Callbacks that nobody's call may make.

  void Schedule() noexcept {
    if (std::exchange(later_.queued, true)) return;
    loop_.End(later_, {});
  }

  void Settle() noexcept {
    later_.queued = false;
    const bool in_use = receiving_ && direct_;  // the buffer of the pending read
    if (read_.done != nullptr && !in_use && (state_ != State::kOpen || !read_.begun)) {
      EndRead({{0, WhyEnded(*read_.context), 0}});
    } else if (read_.done != nullptr && read_.context->why() != Errc::kOk) {
      in_use ? fd_.CancelRead() : ContextEnded(read_.context->why());
    }
    while (Outgoing* out = sender_.TakeAbandoned(writing_)) {
      const bool own = output_error_ == Errc::kOk || ended_with_ != Errc::kOk;
      out->done(*out, {0, own ? Errc::kClosed : output_error_, 0});
    }
    Pump();
    Advance();
    if (state_ == State::kDown && close_done_ != nullptr) EndClosing();
  }

  void EndClosing() noexcept {
    reader_.LeaveContext();  // no new word after this
    if (word_.posted.load(std::memory_order_acquire) || later_.queued || opened_ != nullptr) return;
    told_closed_ = true;
    const Errc how = heard_close_ ? Errc::kOk : ended_with_;
    std::exchange(close_done_, nullptr)(*this, {0, how, 0});
  }

  // On whatever thread ends the context.
  static void OnContextEnds(Context::Link& link) noexcept {
    auto& e = *static_cast<Endpoint*>(link.owner());
    if (!e.word_.posted.exchange(true, std::memory_order_acq_rel)) e.loop_.Post(e.word_);
  }

  // Of whichever context: what counts is how things are now.
  void OnWord() noexcept {
    // An exchange: who found it posted, and so did not post, ended his context before this.
    (void)word_.posted.exchange(false, std::memory_order_acq_rel);
    Schedule();
  }

  Loop<B>& loop_;
  const Role role_;
  const Limits limits_;
  const std::unique_ptr<std::byte[]> memory_;  // In(), SendRoom()
  State state_ = State::kNew;
  bool receiving_ = false;  // a read of the descriptor is pending
  bool direct_ = false;     // into the caller's buffer
  bool writing_ = false;
  bool has_header_ = false;  // of a frame that is not over
  bool paused_ = false;      // a ping waits for room
  bool deaf_ = false;        // nothing is parsed any more
  bool heard_close_ = false;
  bool input_bounded_ = false;
  bool told_closed_ = false;
  Errc ended_with_ = Errc::kOk;
  Errc output_error_ = Errc::kOk;
  Header header_;
  PendingRead read_;
  Inner fd_;
  FrameReader reader_;
  Sender sender_;
  Heard on_pong_ = nullptr;
  Done opened_ = nullptr;
  Done close_done_ = nullptr;
  Later later_;
  Word word_;
  std::array<std::byte, kMostControl> control_{};
  std::array<std::byte, 1024> dropped_;
};

}  // namespace tare::io::ws_frames
