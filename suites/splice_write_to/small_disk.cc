// SPDX-License-Identifier: Apache-2.0
// An image, a loop device, a detached mount; and the quota of a subvolume.
#include "suites/splice_write_to/small_disk.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/loop.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

namespace tare::suites {
namespace {

using io::Handle;

constexpr off_t kMiB = 1 << 20;

// Closes what it has.
class Owned {
 public:
  explicit Owned(int h) : h_(h) {}
  ~Owned() {
    if (h_ >= 0) close(h_);
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  int operator*() const { return h_; }
  bool ok() const { return h_ >= 0; }
  int Take() { return std::exchange(h_, -1); }

 private:
  int h_;
};

std::string Because(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

// "" or why it is not.
std::string RunQuietly(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t silent;
  posix_spawn_file_actions_init(&silent);
  posix_spawn_file_actions_addopen(&silent, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&silent, 2, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int error = posix_spawn(&child, arguments[0], &silent, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&silent);
  if (error != 0) return words[0] + ": " + std::strerror(error);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status == 0 ? "" : words[0] + " failed";
}

// Formatted under a name, which is gone when this returns.
std::string Format(SmallDisk::Kind kind, int image, const std::string& path) {
  const bool full = kind == SmallDisk::Kind::kFull;
  if (ftruncate(image, (full ? 4 : 128) * kMiB) != 0) return Because("ftruncate");
  return full ? RunQuietly({"/sbin/mkfs.ext4", "-q", "-F", "-O", "^has_journal", path})
              : RunQuietly({"/sbin/mkfs.btrfs", "-q", "-f", path});
}

// Which goes by itself when nobody uses it any more.
int LoopDevice(int image, std::string& path, std::string& why) {
  const Owned control(open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  constexpr int kTries = 20;  // another process may take the one that was free
  for (int i = 0; control.ok() && i < kTries; ++i) {
    path = "/dev/loop" + std::to_string(ioctl(*control, LOOP_CTL_GET_FREE));
    Owned device(open(path.c_str(), O_RDWR | O_CLOEXEC));
    loop_config config = {};
    config.fd = static_cast<uint32_t>(image);
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (device.ok() && ioctl(*device, LOOP_CONFIGURE, &config) == 0) return device.Take();
    if (errno != EBUSY) break;
  }
  why = Because("no loop device");
  return -1;
}

int Mount(const char* type, const std::string& device, std::string& why) {
  const Owned context(fsopen(type, FSOPEN_CLOEXEC));
  int mount = -1;
  if (context.ok() && fsconfig(*context, FSCONFIG_SET_STRING, "source", device.c_str(), 0) == 0 &&
      fsconfig(*context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0) {
    mount = fsmount(*context, FSMOUNT_CLOEXEC, 0);
  }
  if (mount < 0) why = Because(std::string("no ") + type + " of our own");
  return mount;
}

bool SetQuota(int root, off_t bytes) {
  btrfs_ioctl_qgroup_limit_args limit = {};
  limit.lim.flags = BTRFS_QGROUP_LIMIT_MAX_RFER;
  limit.lim.max_rfer = static_cast<uint64_t>(bytes);
  return ioctl(root, BTRFS_IOC_QGROUP_LIMIT, &limit) == 0;
}

}  // namespace

std::unique_ptr<SmallDisk> SmallDisk::Make(Kind kind, std::string& why) {
  std::string path = "/var/tmp/tare-disk-XXXXXX";
  const Owned image(mkostemp(path.data(), O_CLOEXEC));
  if (!image.ok()) {
    why = Because(path);
    return nullptr;
  }
  why = Format(kind, *image, path);
  unlink(path.c_str());
  if (!why.empty()) return nullptr;
  const Owned device(LoopDevice(*image, path, why));
  if (!device.ok()) return nullptr;
  const Owned mount(Mount(kind == Kind::kFull ? "ext4" : "btrfs", path, why));
  if (!mount.ok()) return nullptr;

  std::unique_ptr<SmallDisk> disk(new SmallDisk(kind));
  disk->root_ = openat(*mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (kind == Kind::kFull) {
    disk->ballast_ = disk->NewFile();
    if (posix_fallocate(disk->ballast_, 0, 2 * kMiB) == 0) return disk;
    why = "no file of 2 MiB on it";
  } else {
    btrfs_ioctl_quota_ctl_args control = {};
    control.cmd = BTRFS_QUOTA_CTL_ENABLE;
    if (ioctl(disk->root_, BTRFS_IOC_QUOTA_CTL, &control) == 0 && SetQuota(disk->root_, kMiB)) {
      return disk;
    }
    why = Because("no quota");
  }
  return nullptr;
}

SmallDisk::~SmallDisk() {
  if (ballast_ != io::kNoHandle) close(ballast_);
  if (root_ != io::kNoHandle) close(root_);
}

Handle SmallDisk::NewFile() {
  const int file = openat(root_, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) throw std::runtime_error(Because("a file on a disk of our own"));
  return file;
}

void SmallDisk::MakeRoom() {
  const bool made = kind_ == Kind::kFull ? ftruncate(ballast_, 0) == 0 : SetQuota(root_, 64 * kMiB);
  if (!made) throw std::runtime_error(Because("room on a disk of our own"));
}

}  // namespace tare::suites
