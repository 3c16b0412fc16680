// SPDX-License-Identifier: Apache-2.0
// What one container costs, whoever else allocates: an account that its allocations go through.
//
//   tare::CountedResource account("index");          // a std::pmr::memory_resource
//   std::pmr::vector<int> v(&account);
//   Fill(v);
//   tare::ResourceCount cost = account.Count();      // allocs, frees, bytes, the peak
//
//   std::list<int, tare::CountingAllocator<int>> l(tare::CountingAllocator<int>{account});
//
// Part of tare::count. Counts whatever asks it for memory, also where AllocScope::Covers() is
// empty: it looks at the calls of a container and not at the process's malloc.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>

namespace tare {

// What has gone through an account. An allocation is a call that returned memory, of no bytes too;
// one that failed is none. Bytes are those asked for.
struct ResourceCount {
  uint64_t allocs = 0;           // calls
  uint64_t frees = 0;            // calls
  uint64_t bytes_requested = 0;  // by all allocations together
  uint64_t bytes_live = 0;       // allocated and not freed
  uint64_t bytes_peak = 0;       // the most that was ever alive at once

  uint64_t BlocksLive() const { return allocs - frees; }
  friend bool operator==(const ResourceCount&, const ResourceCount&) = default;
};

// An account with a name, over the memory resource that does the work.
//
// Threads: any number may allocate and free at once, if `upstream` lets them. Each figure is exact
// for all that happened before it is read; a call under way on another thread is in all, some or
// none of them. The peak is exact too: the greatest number of bytes alive after any allocation, in
// the one order in which allocations and frees of all threads reached the account.
//
// Counting adds five atomic operations to an allocation and its free. Time a container without it.
class CountedResource final : public std::pmr::memory_resource {
 public:
  // `upstream` must outlive the account, and the account every block and container that uses it;
  // null is an error of the programmer and aborts. The account copies `name`, and then allocates
  // nothing on its own behalf.
  explicit CountedResource(std::string_view name,
                           std::pmr::memory_resource* upstream = std::pmr::new_delete_resource());

  // The account "default", over new_delete_resource(). Lives as long as the process; never null.
  static CountedResource* Default();

  CountedResource(const CountedResource&) = delete;
  CountedResource& operator=(const CountedResource&) = delete;

  const std::string& name() const { return name_; }
  std::pmr::memory_resource* upstream() const { return upstream_; }

  ResourceCount Count() const noexcept;
  // From here on the peak is that of what comes, beginning with what is alive. Call it while no
  // other thread uses the account.
  void ResetPeak() noexcept;

 private:
  // What upstream throws passes through, and nothing is counted.
  void* do_allocate(size_t bytes, size_t alignment) override;
  void do_deallocate(void* p, size_t bytes, size_t alignment) override;
  // Only the account itself: what one has counted in, another may not count out.
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;

  std::string name_;
  std::pmr::memory_resource* upstream_;
  std::atomic<uint64_t> allocs_ = 0;
  std::atomic<uint64_t> frees_ = 0;
  std::atomic<uint64_t> bytes_requested_ = 0;
  std::atomic<uint64_t> bytes_live_ = 0;
  std::atomic<uint64_t> bytes_peak_ = 0;
};

// Lets containers that take an allocator, and no std::pmr, use an account.
//
// Memory keeps its account: it goes with the container that is moved or swapped, and is counted out
// where it was counted in. A container that is assigned to keeps its account, and a copy is counted
// where its original is, unless it is given another: a copy is part of the price. Two allocators
// are equal if they have one account. Threads: as the account.
template <class T>
class CountingAllocator {
 public:
  using value_type = T;
  using propagate_on_container_copy_assignment = std::false_type;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;
  using is_always_equal = std::false_type;

  // `account` must outlive the containers.
  explicit CountingAllocator(CountedResource& account) noexcept : account_(&account) {}
  template <class U>
  CountingAllocator(const CountingAllocator<U>& other) noexcept  // NOLINT: rebinds
      : account_(&other.account()) {}

  // Throws bad_array_new_length if `n` objects are more than the address space, and what the
  // account's upstream throws.
  T* allocate(size_t n) {
    if (n > SIZE_MAX / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(account_->allocate(n * sizeof(T), alignof(T)));
  }
  void deallocate(T* p, size_t n) noexcept { account_->deallocate(p, n * sizeof(T), alignof(T)); }

  CountedResource& account() const noexcept { return *account_; }

  template <class U>
  friend bool operator==(const CountingAllocator& a, const CountingAllocator<U>& b) noexcept {
    return &a.account() == &b.account();
  }

 private:
  CountedResource* account_;
};

}  // namespace tare
