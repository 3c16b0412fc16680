// SPDX-License-Identifier: Apache-2.0
// SmallDisk: a file system of its own, on a disk that is really full, or whose quota really is.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "impl/base/handle.h"

namespace tare::suites {

// In a file without a name, by a loop device, and mounted where no other process sees it. It goes
// with the object, once the last file on it is closed. Only root may make one.
class SmallDisk {
 public:
  enum class Kind : uint8_t {
    kFull,       // ext4 of 4 MiB, 2 of which a file has already: ENOSPC
    kOverQuota,  // btrfs, of which 1 MiB may be used: EDQUOT
  };

  // Null, with `why`, where it cannot be made.
  static std::unique_ptr<SmallDisk> Make(Kind kind, std::string& why);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  // A new file on it, without a name; the caller's to close.
  io::Handle NewFile();
  // The other file is gone, the quota is larger.
  void MakeRoom();

 private:
  explicit SmallDisk(Kind kind) : kind_(kind) {}

  const Kind kind_;
  io::Handle root_ = io::kNoHandle;
  io::Handle ballast_ = io::kNoHandle;
};

}  // namespace tare::suites
