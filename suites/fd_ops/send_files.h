// SPDX-License-Identifier: Apache-2.0
// SendFiles: a file sent over a connection again and again, checked before it is timed or counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "impl/base/errc.h"
#include "impl/base/socket.h"
#include "impl/fd_ops/send_file.h"

namespace tare::suites {

// The file, in memory, and what is in it.
class SentFile {
 public:
  explicit SentFile(size_t size);
  ~SentFile();
  SentFile(const SentFile&) = delete;
  SentFile& operator=(const SentFile&) = delete;

  // "" or why there is none.
  const std::string& wrong() const { return wrong_; }
  io::Handle handle() const { return handle_; }
  // "" or where `bytes` are not the file's.
  std::string Differs(const std::vector<std::byte>& bytes) const;

 private:
  std::string wrong_;
  io::Handle handle_ = io::kNoHandle;
  size_t size_;
};

// A: an io::fd_ops::SendFileAnswer. An operation is the whole file.
template <class A>
class SendFiles {
 public:
  SendFiles(io::Transport transport, size_t size)
      : transport_(transport), size_(size), file_(size) {}
  ~SendFiles() { answer_.Close(); }
  SendFiles(const SendFiles&) = delete;
  SendFiles& operator=(const SendFiles&) = delete;

  // "" or what went wrong.
  std::string Open() {
    if (!file_.wrong().empty()) return file_.wrong();
    io::Pair pair;
    result_ = io::Pairs(transport_, {&pair, 1});
    if (!result_.ok()) return Say("no connection");
    result_ = answer_.Open(pair, file_.handle(), size_);
    return result_.ok() ? "" : Say("cannot open");
  }

  // "" or what is wrong: the other end must receive the file, and no more; twice, for what is left
  // of the first trip is no answer to the second.
  std::string Check() {
    for (int trip = 0; trip < 2; ++trip) {
      std::vector<std::byte> received(size_ + 1);  // room for one too many
      answer_.KeepIn(received);
      const bool good = Trip();
      answer_.KeepIn({});
      if (!good) return Error();
      received.resize(size_);
      if (std::string wrong = file_.Differs(received); !wrong.empty()) return wrong;
    }
    // In what is timed nobody looks at the bytes: whether they are as many.
    return Trip() ? "" : Error();
  }

  int64_t PerCall() const { return 1; }

  bool Trip() {
    result_ = answer_.Trip();
    return result_.ok();
  }

  // How the last Trip failed.
  std::string Error() const { return Say("sending failed"); }

 private:
  std::string Say(std::string_view what) const {
    std::string text(what);
    text.append(": ").append(Name(result_.err));
    if (result_.os != 0) text.append(", code ").append(std::to_string(result_.os));
    return text;
  }

  const io::Transport transport_;
  const size_t size_;
  const SentFile file_;
  io::Result result_;
  A answer_;
};

}  // namespace tare::suites
