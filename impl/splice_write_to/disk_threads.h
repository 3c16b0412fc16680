// SPDX-License-Identifier: Apache-2.0
// DiskThreads: a bounded number of threads that write into files, where a slow disk must not hold
// a loop up.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace tare::io::splice_write_to {

// May serve the transfers of several loops. The transfers end before it goes, and the loops go
// after it, for a thread may still be about to wake one. SIGPIPE and SIGXFSZ are blocked on its
// threads.
class DiskThreads {
 public:
  // Embedded in whoever submits it; stays where it is until `work` is called, on one of the
  // threads, once. `work` tells its loop by Loop::Post.
  struct Job {
    void (*work)(Job&) noexcept = nullptr;
    Job* next = nullptr;  // ours while it waits
  };

  // Fewer than `threads` where the system makes no more; made() says how many.
  explicit DiskThreads(int threads);
  ~DiskThreads();
  DiskThreads(const DiskThreads&) = delete;
  DiskThreads& operator=(const DiskThreads&) = delete;

  int made() const noexcept { return static_cast<int>(threads_.size()); }

  // From any thread. Jobs are begun in their order. Allocates nothing.
  void Submit(Job& job) noexcept;

 private:
  void Work() noexcept;

  std::mutex mutex_;
  std::condition_variable there_is_work_;
  Job* first_ = nullptr;
  Job** last_ = &first_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tare::io::splice_write_to
