// SPDX-License-Identifier: Apache-2.0
// Account splits what code allocates between us and a library that we call.
//
//   int Verify(int, X509_STORE_CTX*) {       // the library calls us
//     const tare::CallbackScope ours;        // ours again
//     ...
//   }
//   tare::Account account;
//   Prepare();                               // ours
//   {
//     const tare::LibraryScope library;      // the library's
//     SSL_do_handshake(ssl);
//   }
//   tare::AccountCount cost = account.Delta();  // cost.own, cost.library
//
// Part of tare::count. What a call allocates or frees is counted where the thread that makes it is
// at that moment, whoever had the block before: outside every scope it is ours. The scopes of a
// thread nest to any depth, and the innermost decides. None allocates, takes a lock or changes what
// an allocation costs: a scope compares totals of its thread when it begins and when it ends, and
// one that is of the same kind as the one around it does not even that.
//
// Where nothing is counted (AllocScope::Covers() is "": a sanitizer owns malloc) both sides are all
// zeros.
#pragma once

#include "tare/alloc_scope.h"

namespace tare {

struct AccountCount {
  AllocCount own;
  AllocCount library;

  // What AllocScope counts of the same stretch.
  AllocCount Total() const { return own + library; }

  AccountCount& operator+=(const AccountCount& other) {
    own += other.own;
    library += other.library;
    return *this;
  }
  AccountCount& operator-=(const AccountCount& other) {
    own -= other.own;
    library -= other.library;
    return *this;
  }
  friend AccountCount operator+(AccountCount a, const AccountCount& b) { return a += b; }
  friend AccountCount operator-(AccountCount a, const AccountCount& b) { return a -= b; }
  friend bool operator==(const AccountCount&, const AccountCount&) = default;
};

// What the two scopes below have in common.
class PayerScope {
 public:
  PayerScope(const PayerScope&) = delete;
  PayerScope& operator=(const PayerScope&) = delete;

 protected:
  explicit PayerScope(bool library) noexcept;
  ~PayerScope();

 private:
  const PayerScope* const outer_;  // of the same thread; null: there is none
  const bool switches_;            // the calls around it are counted on the other side
};

// From here to its end the calling thread's allocations are the library's. Ends on the thread that
// it began on, before any scope that began earlier there, as objects in nested blocks do, also when
// an exception leaves them: one that ends elsewhere or out of order ends the process by SIGABRT, in
// words. So does the next one to end around a scope that was left by longjmp.
class LibraryScope : public PayerScope {
 public:
  LibraryScope() noexcept : PayerScope(true) {}
};

// The same the other way round: for a function of ours that a library calls.
class CallbackScope : public PayerScope {
 public:
  CallbackScope() noexcept : PayerScope(false) {}
};

// Counts as AllocScope does, for the same threads, and as exactly. Of each reading the two sides
// are of one moment, so that neither ever runs backwards. Making or reading one allocates nothing.
class Account {
 public:
  explicit Account(AllocScope::Whose whose = AllocScope::kProcess);

  // What has been counted since construction. Of kThisThread: on the thread that made it.
  AccountCount Delta() const;

 private:
  AllocScope::Whose whose_;
  AccountCount start_;
};

}  // namespace tare
