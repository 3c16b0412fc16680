// SPDX-License-Identifier: Apache-2.0
// Engine: one end of a TLS connection without a descriptor: what it wants to send and has received
// lies in buffers of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "impl/tls_handshake/contract.h"
#include "impl/tls_handshake/credentials.h"

struct ssl_st;  // OpenSSL's SSL

namespace tare::io::tls_handshake {

// What has to happen before a call of an Engine can go on; then it is repeated.
enum class Need : uint8_t {
  kNothing,  // it is over, and the result says how
  kInput,    // more from the peer: Received or InputEnds
  kRoom,     // what is to be sent must be gone first: Sent
};
struct Step {
  Result result{};
  Need need = Need::kNothing;
};

// It makes no system call and knows no loop; whoever has it moves the bytes. One thread at a time.
// The library allocates once or twice for each record (TL-35); nothing of ours does after Open.
//
// Reading may want room, and writing input: either may have to say or to hear something of the
// protocol's first. After a failure each call ends with it again, without asking the library; what
// is to be sent then, the alert, still is.
class Engine {
 public:
  // The longest record there may be. Two of them fit into either buffer, so that two are sent, or
  // received, by one call.
  static constexpr size_t kRecord = 5 + 16384 + 2048;
  // So many records in a row that bring no byte are taken after a handshake, and no more.
  static constexpr uint64_t kMostUseless = 32;

  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() { Close(); }

  // Allocates. `credentials` are open. A client that verifies needs `name`: the server's, or its
  // address.
  Result Open(const Credentials& credentials, std::string_view name) noexcept;
  // Gives everything back; nothing if it is not open.
  void Close() noexcept;

  Step Handshake() noexcept;
  // n >= 1, or kEof. `to` is not empty.
  Step Read(std::span<std::byte> to) noexcept;
  // Whether there is something to read, without taking it: goes on with another handshake.
  Step Peek() noexcept;
  // n bytes as one record, perhaps fewer than all. `from` is not empty.
  Step Write(std::span<const std::byte> from) noexcept;
  // Says close_notify.
  Step Shutdown() noexcept;
  // TLS 1.3: writes with new keys from now on, and `ask`s the peer to do so; kInvalid on another.
  Step UpdateKeys(bool ask) noexcept;

  // Where to receive into; not empty while a call needs input. Valid until the next call of
  // Received.
  std::span<std::byte> Room() noexcept;
  void Received(size_t n) noexcept;
  // There will be no more, for this reason; kEof is the end of the peer's stream.
  void InputEnds(Result why) noexcept;

  // What is to be sent now, in this order. Valid until it was said to be Sent, also when more is
  // added meanwhile.
  std::span<const std::byte> ToSend() const noexcept {
    return {out_.data() + out_begin_, out_end_ - out_begin_};
  }
  void Sent(size_t n) noexcept;

  // Whether a handshake is under way, or the first has yet to begin. What TLS 1.3 says after its
  // handshake is none. Not of one that has failed.
  bool shaking() const noexcept;
  // Of a finished handshake.
  Version version() const noexcept;
  // What has failed, if something has.
  const Result& failed() const noexcept { return failed_; }
  // The same in words; "" if nothing has.
  std::string_view detail() const noexcept { return detail_.data(); }

 private:
  struct Transport;  // OpenSSL's view of the buffers

  template <class Call>
  Step Ask(Call call) noexcept;
  Step Why(int ret) noexcept;
  Step Fail(Result why, const char* words) noexcept;
  void Look(const std::byte* data, size_t size) noexcept;
  size_t out_room() const noexcept { return out_.size() - out_end_; }
  bool flooded() const noexcept { return finished_ && records_ - useful_ > kMostUseless; }

  ssl_st* ssl_ = nullptr;
  size_t in_begin_ = 0, in_end_ = 0;
  size_t out_begin_ = 0, out_end_ = 0;
  uint64_t records_ = 0;   // that have been read to their end
  uint64_t useful_ = 0;    // the number of the last that brought something
  size_t body_left_ = 0;   // of the record that is being read
  size_t header_has_ = 0;  // bytes of `header_`
  std::array<std::byte, 5> header_{};
  bool finished_ = false;     // the first handshake
  bool starving_ = false;     // a read finds nothing before there is input
  bool input_ended_ = false;  // and
  bool met_end_ = false;      // the library has seen it
  bool again_ = false;        // another handshake is allowed,
  bool once_ = false;         // and then no more
  Result end_;
  Result failed_;
  std::array<char, 200> detail_{};
  std::array<std::byte, 2 * kRecord> in_;
  std::array<std::byte, 2 * kRecord> out_;
};

}  // namespace tare::io::tls_handshake
