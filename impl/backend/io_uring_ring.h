// SPDX-License-Identifier: Apache-2.0
// The ring behind IoUringEngine: what only its source files see of liburing.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "impl/backend/io_uring.h"
#include "impl/base/perform.h"

namespace tare::io {

inline constexpr unsigned kManyBuffers =
    64;  // lent to kRecvMany, shared by all of the ring's ports
inline constexpr unsigned kManySize = 4096;
inline constexpr int kManyGroup = 1;

// A FIFO of slots, linked through themselves.
class SlotQueue {
 public:
  bool empty() const noexcept { return head_ == nullptr; }
  IoUringEngine::Slot* front() const noexcept { return head_; }
  void Push(IoUringEngine::Slot& slot) noexcept {
    slot.next = nullptr;
    *tail_ = &slot;
    tail_ = &slot.next;
  }
  IoUringEngine::Slot* Pop() noexcept {
    IoUringEngine::Slot* slot = head_;
    if (slot == nullptr) return nullptr;
    head_ = slot->next;
    if (head_ == nullptr) tail_ = &head_;
    return slot;
  }
  void Remove(IoUringEngine::Slot& slot) noexcept {
    for (IoUringEngine::Slot** at = &head_; *at != nullptr; at = &(*at)->next) {
      if (*at != &slot) continue;
      *at = slot.next;
      if (slot.next == nullptr) tail_ = at;
      return;
    }
  }
  void Take(SlotQueue& other) noexcept {
    while (IoUringEngine::Slot* slot = other.Pop()) Push(*slot);
  }

 private:
  IoUringEngine::Slot* head_ = nullptr;
  IoUringEngine::Slot** tail_ = &head_;
};

// Makes a ring with as many of the wanted features as the kernel has, and with queues as long as
// wanted or as memory allows; `got` are its set-up flags. 0, or what went wrong: a negative errno.
int MakeRing(const IoUringOptions& options, io_uring* ring, unsigned* got) noexcept;
// What MakeRing has made.
void FreeRing(io_uring* ring) noexcept;

// What a call says that readies a ring. Unlike an operation's, its would-block may come out.
Result SetUpFailed(int error) noexcept;

// The ring and everything that is in it.
struct IoUringEngine::Ring {
  explicit Ring(const IoUringOptions& wanted) noexcept : options(wanted) { made = Make(); }
  ~Ring();

  Result Make() noexcept;
  void MakeFiles() noexcept;
  bool MakeBuffers() noexcept;
  unsigned Publish() noexcept;
  unsigned KernelSays() const noexcept;
  int Enter(bool wait, Deadline d) noexcept;
  io_uring_sqe* Sqe() noexcept;
  void Queue(Slot& slot) noexcept;
  void Prepare(Slot& slot, io_uring_sqe* sqe) noexcept;
  void PrepareCall(const Slot& slot, int fd, io_uring_sqe* sqe) noexcept;
  void PrepareMessage(Op& op, int fd, int send_flags, io_uring_sqe* sqe) noexcept;
  void PrepareCancel(Slot& slot, io_uring_sqe* sqe) noexcept;
  void SendBacklog() noexcept;
  void ArmWake() noexcept;
  int Reap() noexcept;
  bool Call(Slot& slot, Attempt attempt) noexcept;
  int StartAgain(Slot& slot) noexcept;
  int Complete(Slot& slot, int res, unsigned flags) noexcept;
  int CompleteConnect(Slot& slot, int res) noexcept;
  int CompleteMany(Slot& slot, int res, unsigned flags) noexcept;
  int Finish(Slot& slot, Result result) noexcept;
  void End(Slot& slot, Result result) noexcept;
  bool InRegistered(const Op& op) const noexcept {
    if (op.size == 0 || op.size > registered_size || op.data < registered) return false;
    return static_cast<size_t>(op.data - registered) <= registered_size - op.size;
  }

  const IoUringOptions options;
  io_uring ring = {};
  unsigned flags = 0;
  bool has_ring = false;
  bool ring_fd_registered = false;
  bool has_abs_timer = true;
  bool has_poll_first = false;
  bool says_what_it_copied = false;
  ZeroCopies zero_copies;
  bool asked_for_files = false;
  bool has_files = false;
  Result made;
  int event = -1;
  uint64_t event_count = 0;  // the kernel's, while the read of it is pending
  bool wake_unarmed = true;  // no read of the eventfd is pending
  bool woken = false;        // seen, and no Poll that would have waited has returned since
  std::vector<int> free_files;
  std::byte* registered = nullptr;
  size_t registered_size = 0;
  io_uring_buf_ring* lent = nullptr;  // the buffers of kRecvMany; made at its first use
  std::unique_ptr<std::byte[]> lent_bytes;
  int polls_without_entering = 0;
  SlotQueue ended;    // without the kernel
  SlotQueue backlog;  // no room in the submission queue
  SlotQueue owed;     // cancels without room
};

}  // namespace tare::io
