// SPDX-License-Identifier: Apache-2.0
// AllocScope counts what a stretch of code allocates: calls and bytes, exact to the call.
//
//   tare::AllocScope scope;
//   Work();
//   tare::AllocCount cost = scope.Delta();
//
// Link tare::count, and every allocation of the process is counted, whoever makes it: malloc's
// family, operator new, and what C libraries call underneath (strdup, getline, fopen). A program
// that does not link tare::count keeps its own malloc. Neither making nor reading a scope
// allocates.
#pragma once

#include <cstdint>
#include <string_view>

namespace tare {

// What was allocated and freed between two points, or since the process started.
//
// An allocation is a call that returned memory; one that failed (a null pointer, bad_alloc) is
// none. A realloc that returned memory is one alloc of all the bytes asked for and, unless it was
// given a null pointer, one free, even where the block stayed in place. Freeing a null pointer is
// no free.
struct AllocCount {
  uint64_t allocs = 0;           // calls
  uint64_t frees = 0;            // calls
  uint64_t bytes_requested = 0;  // what the callers asked for
  uint64_t bytes_usable = 0;     // what the allocator set aside for it: size classes
  uint64_t bytes_freed = 0;      // usable bytes given back

  // Usable bytes allocated and not freed in between; below zero where older blocks were freed.
  int64_t BytesLive() const { return static_cast<int64_t>(bytes_usable - bytes_freed); }

  AllocCount& operator+=(const AllocCount& other) {
    allocs += other.allocs;
    frees += other.frees;
    bytes_requested += other.bytes_requested;
    bytes_usable += other.bytes_usable;
    bytes_freed += other.bytes_freed;
    return *this;
  }
  AllocCount& operator-=(const AllocCount& other) {
    allocs -= other.allocs;
    frees -= other.frees;
    bytes_requested -= other.bytes_requested;
    bytes_usable -= other.bytes_usable;
    bytes_freed -= other.bytes_freed;
    return *this;
  }
  friend AllocCount operator+(AllocCount a, const AllocCount& b) { return a += b; }
  friend AllocCount operator-(AllocCount a, const AllocCount& b) { return a -= b; }
  friend bool operator==(const AllocCount&, const AllocCount&) = default;
};

class AllocScope {
 public:
  enum Whose { kProcess, kThisThread };

  // Starts counting. By default the whole process: helper threads are part of the price.
  explicit AllocScope(Whose whose = kProcess);

  // What has been counted since construction. kThisThread: call it on the thread that made the
  // scope. kProcess: exact for all that happened before this call (this thread's own work, and
  // that of threads joined or otherwise synchronized with); a thread that is allocating at this
  // very moment is seen with or without its latest calls.
  AllocCount Delta() const;

  // What is counted: "malloc+new" (everything), "new" (operator new and delete only), or "" (a
  // sanitizer owns malloc): with "" counts are not applicable, and Delta() is all zeros.
  static std::string_view Covers();

  // Why counts are not applicable, in words for a report; empty where they are.
  static std::string_view WhyNot();

  // The allocator that serves the process, as results name it: "jemalloc-5.3.0", "glibc-2.36".
  static std::string_view Allocator();

 private:
  Whose whose_;
  AllocCount start_;
};

}  // namespace tare
