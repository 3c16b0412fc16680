// SPDX-License-Identifier: Apache-2.0
// Each fault is the few lines in which a subject goes wrong, and its line in the table.
#include "suites/conformance/plants/faults.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "suites/conformance/plants/forward.h"

namespace tare::conformance {
namespace {

using std::chrono::milliseconds;

bool Covers(Which set, Which direction) {
  return set == direction || set == Which::kBoth;
}

struct LosesAByte : ForwardConn {
  using ForwardConn::ForwardConn;
  Result Write(std::span<const std::byte> from) override {
    if (from.size() < 1024 || lost.exchange(true)) return ForwardConn::Write(from);
    Result r = ForwardConn::Write(from.first(from.size() - 1));
    ++r.n;
    return r;
  }
  std::atomic<bool> lost{false};
};

struct SwapsBytes : ForwardConn {
  using ForwardConn::ForwardConn;
  Result Read(std::span<std::byte> to) override {
    const Result r = ForwardConn::Read(to);
    if (r.n >= 2) std::swap(to[0], to[1]);
    return r;
  }
};

struct CloseFails : ForwardConn {
  using ForwardConn::ForwardConn;
  Error Close() override {
    (void)ForwardConn::Close();
    return Error::kOther;
  }
};

struct NeverEof : ForwardConn {
  using ForwardConn::ForwardConn;
  Result Read(std::span<std::byte> to) override {
    for (;;) {
      const Result r = ForwardConn::Read(to);
      if (r.error != Error::kEof) return r;
      std::this_thread::sleep_for(milliseconds(1));
    }
  }
};

struct EofOnce : ForwardConn {
  using ForwardConn::ForwardConn;
  Result Read(std::span<std::byte> to) override {
    Result r = ForwardConn::Read(to);
    if (r.error == Error::kEof && told.exchange(true)) r.error = Error::kOk;
    return r;
  }
  std::atomic<bool> told{false};
};

// Looks at a deadline in the past only after it has tried.
template <Which kDirection, class Base>
struct TriesFirst : Base {
  using Base::Base;
  Error SetDeadline(Which which, TimePoint deadline) override {
    if (Covers(which, kDirection)) past = deadline == kPast;
    return Base::SetDeadline(which, deadline);
  }
  template <class F>
  auto Try(F&& call) {
    if (past) (void)Base::SetDeadline(kDirection, Clock::now() + milliseconds(20));
    auto r = call();
    if (past) (void)Base::SetDeadline(kDirection, kPast);
    return r;
  }
  std::atomic<bool> past{false};
};

struct TriesReadFirst : TriesFirst<Which::kRead, ForwardConn> {
  using TriesFirst::TriesFirst;
  Result Read(std::span<std::byte> to) override {
    return Try([&] { return ForwardConn::Read(to); });
  }
};

struct TriesWriteFirst : TriesFirst<Which::kWrite, ForwardConn> {
  using TriesFirst::TriesFirst;
  Result Write(std::span<const std::byte> from) override {
    return Try([&] { return ForwardConn::Write(from); });
  }
};

struct TriesAcceptFirst : TriesFirst<Which::kRead, ForwardListener> {
  using TriesFirst::TriesFirst;
  Made<Conn> Accept() override {
    return Try([&] { return ForwardListener::Accept(); });
  }
};

struct TriesReceiveFirst : TriesFirst<Which::kRead, ForwardPackets> {
  using TriesFirst::TriesFirst;
  Result ReceiveFrom(std::span<std::byte> to, std::string& from) override {
    return Try([&] { return ForwardPackets::ReceiveFrom(to, from); });
  }
};

struct TriesSendFirst : TriesFirst<Which::kWrite, ForwardPackets> {
  using TriesFirst::TriesFirst;
  Result SendTo(std::span<const std::byte> from, const std::string& to) override {
    return Try([&] { return ForwardPackets::SendTo(from, to); });
  }
};

struct TimesOutOnce : ForwardConn {
  using ForwardConn::ForwardConn;
  Result Read(std::span<std::byte> to) override {
    const Result r = ForwardConn::Read(to);
    if (r.error == Error::kTimeout) (void)SetDeadline(Which::kRead, kNever);
    return r;
  }
};

struct TimesOutEarly : ForwardConn {
  using ForwardConn::ForwardConn;
  Error SetDeadline(Which which, TimePoint deadline) override {
    const bool future = deadline != kPast && deadline != kNever;
    return ForwardConn::SetDeadline(which, future ? deadline - milliseconds(50) : deadline);
  }
};

// Sets both where one is asked for.
template <Which kDirection>
struct HitsTheOther : ForwardConn {
  using ForwardConn::ForwardConn;
  Error SetDeadline(Which which, TimePoint deadline) override {
    return ForwardConn::SetDeadline(which == kDirection ? Which::kBoth : which, deadline);
  }
};

// A pending call goes by the deadline that it began with.
template <Which kDirection>
struct SamplesDeadline : ForwardConn {
  using ForwardConn::ForwardConn;
  Result Read(std::span<std::byte> to) override {
    return Counted(Which::kRead, [&] { return ForwardConn::Read(to); });
  }
  Result Write(std::span<const std::byte> from) override {
    return Counted(Which::kWrite, [&] { return ForwardConn::Write(from); });
  }
  Error SetDeadline(Which which, TimePoint deadline) override {
    constexpr Which kOther = kDirection == Which::kRead ? Which::kWrite : Which::kRead;
    if (pending == 0 || !Covers(which, kDirection)) {
      return ForwardConn::SetDeadline(which, deadline);
    }
    return which == kDirection ? Error::kOk : ForwardConn::SetDeadline(kOther, deadline);
  }
  template <class F>
  Result Counted(Which direction, F&& call) {
    const int one = direction == kDirection ? 1 : 0;
    pending += one;
    const Result r = call();
    pending -= one;
    return r;
  }
  std::atomic<int> pending{0};
};

struct TimesOutByItself : ForwardConn {
  using ForwardConn::ForwardConn;
  Result Read(std::span<std::byte> to) override {
    (void)SetDeadline(Which::kRead, Clock::now() + milliseconds(20));
    return ForwardConn::Read(to);
  }
};

struct DiesOfTimeout : ForwardConn {
  using ForwardConn::ForwardConn;
  Result Read(std::span<std::byte> to) override {
    return Mortal([&] { return ForwardConn::Read(to); });
  }
  Result Write(std::span<const std::byte> from) override {
    return Mortal([&] { return ForwardConn::Write(from); });
  }
  template <class F>
  Result Mortal(F&& call) {
    const Result r = call();
    if (dead) return {0, r.error == Error::kTimeout ? r.error : Error::kOther, 0};
    if (r.error == Error::kTimeout) dead = true;
    return r;
  }
  std::atomic<bool> dead{false};
};

// No deadline is not heard in one direction.
template <Which kDirection, class Base>
struct CannotBeCleared : Base {
  using Base::Base;
  Error SetDeadline(Which which, TimePoint deadline) override {
    if (which == kDirection && deadline == kNever) return Error::kOk;
    return Base::SetDeadline(which, deadline);
  }
};

// After no deadline none works.
template <class Base>
struct NoneIsForEver : Base {
  using Base::Base;
  Error SetDeadline(Which which, TimePoint deadline) override {
    if (deadline == kNever) none = true;
    return none ? Error::kOk : Base::SetDeadline(which, deadline);
  }
  std::atomic<bool> none{false};
};

// Waits for what it should end.
template <class Base>
struct CloseWaits : Base {
  using Base::Base;
  Error Close() override {
    while (pending > 0) std::this_thread::sleep_for(milliseconds(1));
    return Base::Close();
  }
  template <class F>
  auto Counted(F&& call) {
    ++pending;
    auto r = call();
    --pending;
    return r;
  }
  std::atomic<int> pending{0};
};

struct CloseWaitsForRead : CloseWaits<ForwardConn> {
  using CloseWaits::CloseWaits;
  Result Read(std::span<std::byte> to) override {
    return Counted([&] { return ForwardConn::Read(to); });
  }
};

struct CloseWaitsForAccept : CloseWaits<ForwardListener> {
  using CloseWaits::CloseWaits;
  Made<Conn> Accept() override {
    return Counted([&] { return ForwardListener::Accept(); });
  }
};

struct CloseWaitsForReceive : CloseWaits<ForwardPackets> {
  using CloseWaits::CloseWaits;
  Result ReceiveFrom(std::span<std::byte> to, std::string& from) override {
    return Counted([&] { return ForwardPackets::ReceiveFrom(to, from); });
  }
};

struct CloseIsEof : ForwardConn {
  using ForwardConn::ForwardConn;
  Result Read(std::span<std::byte> to) override {
    Result r = ForwardConn::Read(to);
    if (r.error == Error::kClosed) r.error = Error::kEof;
    return r;
  }
};

struct WritesAfterClose : ForwardConn {
  using ForwardConn::ForwardConn;
  Result Write(std::span<const std::byte> from) override {
    const Result r = ForwardConn::Write(from);
    return r.error == Error::kClosed ? Result{from.size(), Error::kOk, 0} : r;
  }
};

// Goes on using the buffer of a call that has timed out, whenever it is called again.
template <class Byte>
struct Lingers : ForwardConn {
  using ForwardConn::ForwardConn;
  void Keep(std::span<Byte> buffer, const Result& r) {
    const std::lock_guard lock(mutex);
    if (r.error == Error::kTimeout) kept = buffer;
  }
  std::span<Byte> Take() {
    const std::lock_guard lock(mutex);
    return std::exchange(kept, {});
  }
  std::mutex mutex;
  std::span<Byte> kept;
};

struct ReadLingers : Lingers<std::byte> {
  using Lingers::Lingers;
  Result Read(std::span<std::byte> to) override {
    Scribble();
    const Result r = ForwardConn::Read(to);
    Keep(to, r);
    return r;
  }
  Error Close() override {
    Scribble();
    return ForwardConn::Close();
  }
  void Scribble() {
    const std::span<std::byte> late = Take();
    if (!late.empty()) late.back() = std::byte{0x5a};
  }
};

struct WriteLingers : Lingers<const std::byte> {
  using Lingers::Lingers;
  Result Write(std::span<const std::byte> from) override {
    Send();
    const Result r = ForwardConn::Write(from);
    Keep(from, r);
    return r;
  }
  Error Close() override {
    (void)SetDeadline(Which::kWrite, kNever);
    Send();
    return ForwardConn::Close();
  }
  void Send() {
    const std::span<const std::byte> late = Take();
    if (late.empty()) return;
    if (const Result r = ForwardConn::Write(late.last(1)); r.n == 0) Keep(late, r);
  }
};

struct RefusesASecondReader : ForwardConn {
  using ForwardConn::ForwardConn;
  Result Read(std::span<std::byte> to) override {
    if (busy.exchange(true)) return {0, Error::kOther, 0};
    const Result r = ForwardConn::Read(to);
    busy = false;
    return r;
  }
  std::atomic<bool> busy{false};
};

struct LeaksAHandle : ForwardListener {
  explicit LeaksAHandle(std::unique_ptr<Listener> it) : ForwardListener(std::move(it)) {
    if (std::fopen("/dev/null", "r") == nullptr) std::abort();
  }
};

struct LeaksAThread : ForwardListener {
  explicit LeaksAThread(std::unique_ptr<Listener> it) : ForwardListener(std::move(it)) {
    std::thread([] { std::this_thread::sleep_for(std::chrono::hours(1)); }).detach();
  }
};

struct Hangs : ForwardConn {
  using ForwardConn::ForwardConn;
  Result Write(std::span<const std::byte>) override {
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  }
};

struct Crashes : ForwardConn {
  using ForwardConn::ForwardConn;
  Result Write(std::span<const std::byte>) override { std::abort(); }
};

struct Leaves : ForwardConn {
  using ForwardConn::ForwardConn;
  Result Write(std::span<const std::byte>) override { std::_Exit(3); }
};

struct LeavesAtExit : ForwardListener {
  explicit LeavesAtExit(std::unique_ptr<Listener> it) : ForwardListener(std::move(it)) {
    if (std::atexit([] { std::_Exit(7); }) != 0) std::abort();
  }
};

template <class C, class L = ForwardListener, class P = ForwardPackets>
std::unique_ptr<Subject> Plant(std::unique_ptr<Subject> sound) {
  return std::make_unique<Wrapped<C, L, P>>(std::move(sound));
}
template <class L>
std::unique_ptr<Subject> PlantL(std::unique_ptr<Subject> sound) {
  return Plant<ForwardConn, L>(std::move(sound));
}
template <class P>
std::unique_ptr<Subject> PlantP(std::unique_ptr<Subject> sound) {
  return Plant<ForwardConn, ForwardListener, P>(std::move(sound));
}

constexpr auto kRead = Which::kRead;
constexpr auto kWrite = Which::kWrite;

constexpr const char* kLate = "not back within";
constexpr const char* kNotPending = "stay pending; it returned n=0 timeout";
constexpr const char* kDone = "want n=0 timeout; got n=1 ok";

const Fault kFaults[] = {
    {"loses_a_byte", "IO-01", "got n=0 eof", Plant<LosesAByte>},
    {"swaps_bytes", "IO-01", "another byte at", Plant<SwapsBytes>},
    {"close_fails", "IO-01", "Close: want ok; got other", Plant<CloseFails>},
    {"swaps_bytes", "IO-02", "in place of", Plant<SwapsBytes>},
    {"never_eof", "IO-02", kLate, Plant<NeverEof>},
    {"loses_a_byte", "EOF-01", "got n=0 eof", Plant<LosesAByte>},
    {"eof_once", "EOF-01", "want n=0 eof; got n=0 ok", Plant<EofOnce>},
    {"tries_read_first", "DL-01", kDone, Plant<TriesReadFirst>},
    {"times_out_once", "DL-01", kDone, Plant<TimesOutOnce>},
    {"tries_write_first", "DL-02w", kDone, Plant<TriesWriteFirst>},
    {"tries_accept_first", "DL-02a", "got n=0 ok", PlantL<TriesAcceptFirst>},
    {"tries_receive_first", "DL-02r", kDone, PlantP<TriesReceiveFirst>},
    {"tries_send_first", "DL-02s", kDone, PlantP<TriesSendFirst>},
    {"times_out_once", "DL-03", kDone, Plant<TimesOutOnce>},
    {"times_out_early", "DL-03", "Clock::now() >= deadline", Plant<TimesOutEarly>},
    {"read_deadline_hits_write", "DL-04", "stay pending", Plant<HitsTheOther<kRead>>},
    {"write_deadline_hits_read", "DL-04", kNotPending, Plant<HitsTheOther<kWrite>>},
    {"samples_read_deadline", "DL-05", kLate, Plant<SamplesDeadline<kRead>>},
    {"samples_write_deadline", "DL-05", kLate, Plant<SamplesDeadline<kWrite>>},
    {"times_out_by_itself", "DL-05", kNotPending, Plant<TimesOutByItself>},
    {"dies_of_timeout", "DL-06", "got n=0 other", Plant<DiesOfTimeout>},
    {"cannot_clear_read", "DL-07", kNotPending, Plant<CannotBeCleared<kRead, ForwardConn>>},
    {"cannot_clear_write", "DL-07", kNotPending, Plant<CannotBeCleared<kWrite, ForwardConn>>},
    {"cannot_clear_accept", "DL-07", kNotPending, PlantL<CannotBeCleared<kRead, ForwardListener>>},
    {"none_is_for_ever", "DL-08", kLate, Plant<NoneIsForEver<ForwardConn>>},
    {"none_is_for_ever_accept", "DL-08", kLate, PlantL<NoneIsForEver<ForwardListener>>},
    {"close_waits_for_read", "CL-01", kLate, Plant<CloseWaitsForRead>},
    {"close_waits_for_accept", "CL-01", kLate, PlantL<CloseWaitsForAccept>},
    {"close_is_eof", "CL-01", "want n=0 closed; got n=0 eof", Plant<CloseIsEof>},
    {"close_waits_for_receive", "CL-01r", kLate, PlantP<CloseWaitsForReceive>},
    {"never_eof", "CL-02", kLate, Plant<NeverEof>},
    {"writes_after_close", "CL-03", "want n=0 closed; got n=1 ok", Plant<WritesAfterClose>},
    {"close_is_eof", "CL-03", "want n=0 closed; got n=0 eof", Plant<CloseIsEof>},
    {"read_lingers", "CX-01", "bytes from after the return", Plant<ReadLingers>},
    {"write_lingers", "CX-02", "bytes from after the return", Plant<WriteLingers>},
    {"refuses_a_second_reader", "CX-10", "got n=0 other", Plant<RefusesASecondReader>},
    {"leaks_a_handle", "RS-02", "RS-02: new after the row", PlantL<LeaksAHandle>},
    {"leaks_a_handle", "DL-02w", "RS-02: new after the row", PlantL<LeaksAHandle>},
    {"leaks_a_thread", "RS-04", "RS-04: ", PlantL<LeaksAThread>},
    {"leaks_a_thread", "CL-03", "RS-04: ", PlantL<LeaksAThread>},
};

const Fault kProgramFaults[] = {
    {"hangs", "IO-01", "Write(1024) on a in thread writer for", Plant<Hangs>},
    {"crashes", "IO-01", "signal 6, without a word", Plant<Crashes>},
    {"leaves", "IO-01", "status 3, without a word", Plant<Leaves>},
    {"leaves_at_exit", "IO-01", "passed, but then the process ended with status 7",
     PlantL<LeavesAtExit>},
};

}  // namespace

std::span<const Fault> Faults() {
  return kFaults;
}
std::span<const Fault> ProgramFaults() {
  return kProgramFaults;
}

}  // namespace tare::conformance
