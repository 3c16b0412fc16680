// SPDX-License-Identifier: Apache-2.0
// A queue of jobs, linked through the jobs, and the threads that take them.
#include "impl/splice_write_to/disk_threads.h"

#include <system_error>

#include "impl/base/check.h"
#include "impl/base/signals.h"

namespace tare::io::splice_write_to {

DiskThreads::DiskThreads(int threads) {
  threads_.reserve(static_cast<size_t>(threads));
  try {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
  } catch (const std::system_error&) {  // those that there are have to do
  }
}

DiskThreads::~DiskThreads() {
  {
    const std::scoped_lock lock(mutex_);
    TARE_CHECK(first_ == nullptr);
    ending_ = true;
  }
  there_is_work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void DiskThreads::Submit(Job& job) noexcept {
  {
    const std::scoped_lock lock(mutex_);
    job.next = nullptr;
    *last_ = &job;
    last_ = &job.next;
  }
  there_is_work_.notify_one();
}

void DiskThreads::Work() noexcept {
  const SignalShield shield;
  std::unique_lock lock(mutex_);
  for (;;) {
    there_is_work_.wait(lock, [this] { return first_ != nullptr || ending_; });
    if (first_ == nullptr) return;
    Job& job = *first_;
    first_ = job.next;
    if (first_ == nullptr) last_ = &first_;
    lock.unlock();
    job.work(job);
    lock.lock();
  }
}

}  // namespace tare::io::splice_write_to
