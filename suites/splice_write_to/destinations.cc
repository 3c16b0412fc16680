// SPDX-License-Identifier: Apache-2.0
// How each kind of destination is made, and read back.
#include "suites/splice_write_to/destinations.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "impl/base/socket.h"
#include "suites/splice_write_to/small_disk.h"

namespace tare::suites {
namespace {

using io::Handle;
using Bytes = std::vector<std::byte>;

int Must(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
  return result;
}

void Close(Handle& h) {
  if (h != io::kNoHandle) close(h);
  h = io::kNoHandle;
}

// A handle of the same file, opened anew.
Handle Reopen(Handle h, int flags) {
  const std::string path = "/proc/self/fd/" + std::to_string(h);
  return Must(open(path.c_str(), flags | O_CLOEXEC), "open anew");
}

// All that is in the file from `from` on, read by a handle of its own.
Bytes Content(Handle file, off_t from) {
  struct stat status;
  Must(fstat(file, &status), "fstat");
  Bytes bytes(static_cast<size_t>(std::max<off_t>(status.st_size - from, 0)));
  size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t n =
        pread(file, bytes.data() + got, bytes.size() - got, from + static_cast<off_t>(got));
    if (n <= 0) throw std::runtime_error("a file could not be read back");
    got += static_cast<size_t>(n);
  }
  return bytes;
}

class File : public Destination {
 public:
  explicit File(Handle h) { handle_ = h; }
  ~File() override { Close(handle_); }
  bool Arrived(Bytes& bytes) override {
    const Handle reader = Reopen(handle_, O_RDONLY);
    bytes = Content(reader, offset() < 0 ? 0 : static_cast<off_t>(offset()));
    close(reader);
    return true;
  }
};

Handle Memory(unsigned flags = 0) {
  return Must(memfd_create("tare", MFD_CLOEXEC | flags), "memfd_create");
}

class AtOffset : public File {
 public:
  AtOffset() : File(Memory()) {}
  int64_t offset() const override { return 5000; }
};

class Append : public File {
 public:
  Append() : File(io::kNoHandle) {
    Handle file = Memory();
    handle_ = Reopen(file, O_WRONLY | O_APPEND);
    close(file);
  }
};

class AppendLater : public File {
 public:
  AppendLater() : File(Memory()) {}
  void Change() override { Must(fcntl(handle_, F_SETFL, O_APPEND), "F_SETFL"); }
};

class Sealed : public File {
 public:
  Sealed() : File(Memory(MFD_ALLOW_SEALING)) {}
  void Change() override { Must(fcntl(handle_, F_ADD_SEALS, F_SEAL_GROW), "F_ADD_SEALS"); }
};

// While it lives, no file of this process grows past the limit.
class Limited : public File {
 public:
  Limited() : File(Memory()) {
    Must(getrlimit(RLIMIT_FSIZE, &before_), "getrlimit");
    rlimit limit = before_;
    limit.rlim_cur = 100'000;
    Must(setrlimit(RLIMIT_FSIZE, &limit), "setrlimit");
  }
  ~Limited() override { (void)setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

class ReadOnly : public File {
 public:
  ReadOnly() : File(io::kNoHandle) {
    Handle file = Memory();
    handle_ = Reopen(file, O_RDONLY);
    close(file);
  }
};

class Device : public Destination {
 public:
  Device(const char* path, int flags, bool tells) : tells_(tells) {
    handle_ = Must(open(path, flags | O_CLOEXEC), path);
  }
  ~Device() override { Close(handle_); }
  bool Arrived(Bytes& bytes) override {
    bytes.clear();
    return tells_;
  }

 private:
  const bool tells_;  // that nothing can have arrived
};

// Something with a far end that bytes come out of.
class WithFarEnd : public Destination {
 public:
  ~WithFarEnd() override {
    Close(handle_);
    Close(far_);
  }
  bool has_far_end() const override { return true; }
  void Drain() override {
    if (far_ == io::kNoHandle) return;
    std::array<std::byte, 64 << 10> room;
    for (pollfd there = {far_, POLLIN, 0}; poll(&there, 1, 0) > 0 && (there.revents & POLLIN);) {
      const ssize_t n = Take(room.data(), room.size());
      if (n <= 0) return;
      arrived_.insert(arrived_.end(), room.data(), room.data() + n);
    }
  }
  void Hang() override {
    Drain();
    hung_ = true;
    Close(far_);
  }
  bool Arrived(Bytes& bytes) override {
    Drain();
    bytes = arrived_;
    return !hung_;
  }

 protected:
  virtual ssize_t Take(std::byte* to, size_t size) { return read(far_, to, size); }

  Handle far_ = io::kNoHandle;
  Bytes arrived_;
  bool hung_ = false;  // what was under way when it went cannot be told
};

class APipe : public WithFarEnd {
 public:
  APipe() {
    int ends[2];
    Must(pipe2(ends, O_CLOEXEC), "pipe2");
    far_ = ends[0];
    handle_ = ends[1];
  }
};

class Fifo : public WithFarEnd {
 public:
  Fifo() {
    std::string path = "/tmp/tare-fifo-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    const std::string fifo = path + "/fifo";
    Must(mkfifo(fifo.c_str(), 0600), "mkfifo");
    far_ = Must(open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC), "open a FIFO");
    handle_ = Must(open(fifo.c_str(), O_WRONLY | O_CLOEXEC), "open a FIFO");
    unlink(fifo.c_str());
    rmdir(path.c_str());
  }
};

class Terminal : public WithFarEnd {
 public:
  Terminal() {
    termios raw = {};
    cfmakeraw(&raw);
    Must(openpty(&far_, &handle_, nullptr, &raw, nullptr), "openpty");
    Must(fcntl(far_, F_SETFL, O_NONBLOCK), "F_SETFL");
  }
};

class Connection : public WithFarEnd {
 public:
  explicit Connection(io::Transport transport) {
    std::array<io::Pair, 1> pair;
    if (!io::Pairs(transport, pair).ok()) throw std::runtime_error("no connection");
    handle_ = pair[0].client;
    far_ = pair[0].server;
  }
  bool is_socket() const override { return true; }
};

// A file system in memory of 256 KiB, in a mount namespace of this thread's making; only root may.
class Small : public File {
 public:
  explicit Small(Handle file) : File(file) {}
};

class OnSmallDisk : public File {
 public:
  explicit OnSmallDisk(std::unique_ptr<SmallDisk> disk)
      : File(disk->NewFile()), disk_(std::move(disk)) {}
  void Change() override { disk_->MakeRoom(); }

 private:
  const std::unique_ptr<SmallDisk> disk_;
};

Handle OnSmallFileSystem(std::string& why) {
  // A detached mount: no other process sees it, and it goes with its last file.
  const int context = static_cast<int>(fsopen("tmpfs", FSOPEN_CLOEXEC));
  if (context < 0 || fsconfig(context, FSCONFIG_SET_STRING, "size", "262144", 0) < 0 ||
      fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0) {
    why = std::string("no file system of our own: ") + std::strerror(errno);
    if (context >= 0) close(context);
    return io::kNoHandle;
  }
  const int mount = fsmount(context, FSMOUNT_CLOEXEC, 0);
  close(context);
  if (mount < 0) {
    why = std::string("no file system of our own: ") + std::strerror(errno);
    return io::kNoHandle;
  }
  const int file = openat(mount, "file", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  close(mount);
  return Must(file, "open a file on a file system of our own");
}

}  // namespace

Handle Destination::TakeHandle() {
  return std::exchange(handle_, io::kNoHandle);
}

const std::vector<std::string_view>& DestinationNames() {
  static const std::vector<std::string_view> names = {
      "memory", "disk",     "offset", "append",    "append-later", "pipe",
      "fifo",   "terminal", "tcp",    "unix",      "null",         "full",
      "sealed", "small",    "proc",   "read-only", "directory",    "limited"};
  return names;
}

std::unique_ptr<Destination> NewDestination(std::string_view name, std::string& why) {
  if (name == "memory") return std::make_unique<File>(Memory());
  if (name == "disk") {
    return std::make_unique<File>(
        Must(open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), "a file in /var/tmp"));
  }
  if (name == "offset") return std::make_unique<AtOffset>();
  if (name == "append") return std::make_unique<Append>();
  if (name == "append-later") return std::make_unique<AppendLater>();
  if (name == "pipe") return std::make_unique<APipe>();
  if (name == "fifo") return std::make_unique<Fifo>();
  if (name == "terminal") return std::make_unique<Terminal>();
  if (name == "tcp") return std::make_unique<Connection>(io::Transport::kTcp4);
  if (name == "unix") return std::make_unique<Connection>(io::Transport::kUnix);
  if (name == "null") return std::make_unique<Device>("/dev/null", O_WRONLY, false);
  if (name == "full") return std::make_unique<Device>("/dev/full", O_WRONLY, true);
  if (name == "sealed") return std::make_unique<Sealed>();
  if (name == "proc") return std::make_unique<Device>("/proc/self/comm", O_WRONLY, false);
  if (name == "read-only") return std::make_unique<ReadOnly>();
  if (name == "directory") return std::make_unique<Device>("/tmp", O_RDONLY, true);
  if (name == "limited") return std::make_unique<Limited>();
  if (name == "small") {
    const Handle file = OnSmallFileSystem(why);
    if (file == io::kNoHandle) return nullptr;
    return std::make_unique<Small>(file);
  }
  if (name == "full-disk" || name == "over-quota") {
    auto disk = SmallDisk::Make(
        name == "full-disk" ? SmallDisk::Kind::kFull : SmallDisk::Kind::kOverQuota, why);
    if (disk == nullptr) return nullptr;
    return std::make_unique<OnSmallDisk>(std::move(disk));
  }
  throw std::runtime_error("no such destination: " + std::string(name));
}

}  // namespace tare::suites
