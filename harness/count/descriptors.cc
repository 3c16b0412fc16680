// SPDX-License-Identifier: Apache-2.0
// Binds the calls that open descriptors anew, in each module that is loaded, and walks their
// stacks.
//
// Interposing them as malloc is would cost every socket call of every program that links the
// counter. So the slots of the dynamic linker are written to, in the one process that asks for it.
#include "count/descriptors.h"

#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstring>
#include <iterator>

#include "count/sites.h"

namespace tare::count {
namespace {

constexpr int kDescriptors = 4096;  // higher numbers are not seen
constexpr size_t kDepth = 48;

struct Record {
  size_t depth = 0;  // 0: not seen
  void* frames[kDepth] = {};
};

constinit std::atomic<bool> g_watching = false;
constinit pthread_mutex_t g_lock = PTHREAD_MUTEX_INITIALIZER;
constinit Record g_records[kDescriptors];  // no page of it is touched until it is used

bool IsSeen(int descriptor) noexcept {
  return descriptor >= 0 && descriptor < kDescriptors && g_watching.load(std::memory_order_relaxed);
}

// Returns what it was given, so that a call can end with it. Keeps errno.
int Opened(int descriptor) noexcept {
  if (!IsSeen(descriptor)) return descriptor;
  const int kept = errno;
  Record record;
  const int depth = WalkStack(record.frames, static_cast<int>(kDepth));
  record.depth = depth > 0 ? static_cast<size_t>(depth) : 0;
  pthread_mutex_lock(&g_lock);
  g_records[descriptor] = record;
  pthread_mutex_unlock(&g_lock);
  errno = kept;
  return descriptor;
}

void Closing(int descriptor) noexcept {
  if (!IsSeen(descriptor)) return;
  pthread_mutex_lock(&g_lock);
  g_records[descriptor].depth = 0;
  pthread_mutex_unlock(&g_lock);
}

// A call that is bound anew: its name, what stands in its place, and what it was.
struct Call {
  const char* name;
  void* ours;
  void** real;
};

// CALL(result, name, parameters, body): a function ours_<name>, which calls real_<name>.
#define CALL(result, name, parameters, ...)                                  \
  constinit void* g_real_##name = nullptr;                                   \
  result Ours_##name parameters {                                            \
    const auto real = reinterpret_cast<result(*) parameters>(g_real_##name); \
    __VA_ARGS__                                                              \
  }

// The mode is passed on whether or not the caller gave one: who does not read it does not mind.
CALL(int, open, (const char* path, int flags, mode_t mode), return Opened(real(path, flags, mode));)
CALL(int, openat, (int at, const char* path, int flags, mode_t mode),
     return Opened(real(at, path, flags, mode));)
CALL(int, creat, (const char* path, mode_t mode), return Opened(real(path, mode));)
CALL(int, socket, (int domain, int type, int protocol),
     return Opened(real(domain, type, protocol));)
CALL(int, accept, (int s, sockaddr* name, socklen_t* length), return Opened(real(s, name, length));)
CALL(int, accept4, (int s, sockaddr* name, socklen_t* length, int flags),
     return Opened(real(s, name, length, flags));)
CALL(int, dup, (int from), return Opened(real(from));)
CALL(int, dup2, (int from, int to), return Opened(real(from, to));)
CALL(int, dup3, (int from, int to, int flags), return Opened(real(from, to, flags));)
CALL(int, epoll_create, (int size), return Opened(real(size));)
CALL(int, epoll_create1, (int flags), return Opened(real(flags));)
CALL(int, eventfd, (unsigned value, int flags), return Opened(real(value, flags));)
CALL(int, timerfd_create, (int clock, int flags), return Opened(real(clock, flags));)
CALL(int, signalfd, (int s, const sigset_t* mask, int flags), return Opened(real(s, mask, flags));)
CALL(int, inotify_init, (), return Opened(real());)
CALL(int, inotify_init1, (int flags), return Opened(real(flags));)
CALL(int, memfd_create, (const char* name, unsigned flags), return Opened(real(name, flags));)
CALL(int, shm_open, (const char* name, int flags, mode_t mode),
     return Opened(real(name, flags, mode));)
CALL(int, mkstemp, (char* name), return Opened(real(name));)
CALL(int, mkostemp, (char* name, int flags), return Opened(real(name, flags));)
CALL(int, fcntl, (int s, int what, void* argument), const int end = real(s, what, argument);
     return what == F_DUPFD || what == F_DUPFD_CLOEXEC ? Opened(end) : end;)

int OpenedTwo(int end, const int* both) noexcept {
  if (end == 0) {
    Opened(both[0]);
    Opened(both[1]);
  }
  return end;
}
CALL(int, pipe, (int* both), return OpenedTwo(real(both), both);)
CALL(int, pipe2, (int* both, int flags), return OpenedTwo(real(both, flags), both);)
CALL(int, socketpair, (int domain, int type, int protocol, int* both),
     return OpenedTwo(real(domain, type, protocol, both), both);)

FILE* OpenedFile(FILE* file) noexcept {
  if (file != nullptr) Opened(fileno(file));
  return file;
}
CALL(FILE*, fopen, (const char* path, const char* mode), return OpenedFile(real(path, mode));)
CALL(FILE*, tmpfile, (), return OpenedFile(real());)
CALL(FILE*, popen, (const char* command, const char* mode), return OpenedFile(real(command, mode));)
CALL(DIR*, opendir, (const char* path), DIR* const directory = real(path);
     if (directory != nullptr) Opened(dirfd(directory)); return directory;)

CALL(int, close, (int s), Closing(s); return real(s);)
CALL(int, fclose, (FILE * file), Closing(fileno(file)); return real(file);)
CALL(int, pclose, (FILE * file), Closing(fileno(file)); return real(file);)
CALL(int, closedir, (DIR * directory), Closing(dirfd(directory)); return real(directory);)

// The number of system calls that return a descriptor, where they are called by their numbers.
constexpr long kOpeners[] = {
    SYS_openat,          SYS_socket,         SYS_accept4,   SYS_epoll_create1,
    SYS_eventfd2,        SYS_timerfd_create, SYS_dup,       SYS_dup3,
    SYS_memfd_create,    SYS_io_uring_setup, SYS_signalfd4, SYS_inotify_init1,
    SYS_perf_event_open, SYS_pidfd_open};
CALL(long, syscall, (long number, long a, long b, long c, long d, long e, long f),
     if (number == SYS_close) Closing(static_cast<int>(a));
     const long end = real(number, a, b, c, d, e, f);
     const bool opens = std::find(std::begin(kOpeners), std::end(kOpeners), number) !=
                        std::end(kOpeners);
     if (opens) Opened(static_cast<int>(end)); return end;)
#undef CALL

#define CALL(name) \
  { #name, reinterpret_cast < void*>(&Ours_##name), &g_real_##name }
#define CALL_AND_64(name)                                               \
  CALL(name), {                                                         \
#name "64", reinterpret_cast < void*>(&Ours_##name), &g_real_##name \
  }
const Call kCalls[] = {CALL_AND_64(open),
                       CALL_AND_64(openat),
                       CALL_AND_64(creat),
                       CALL(socket),
                       CALL(accept),
                       CALL(accept4),
                       CALL(dup),
                       CALL(dup2),
                       CALL(dup3),
                       CALL(epoll_create),
                       CALL(epoll_create1),
                       CALL(eventfd),
                       CALL(timerfd_create),
                       CALL(signalfd),
                       CALL(inotify_init),
                       CALL(inotify_init1),
                       CALL(memfd_create),
                       CALL(shm_open),
                       CALL_AND_64(mkstemp),
                       CALL_AND_64(mkostemp),
                       CALL_AND_64(fcntl),
                       CALL(pipe),
                       CALL(pipe2),
                       CALL(socketpair),
                       CALL_AND_64(fopen),
                       CALL_AND_64(tmpfile),
                       CALL(popen),
                       CALL(opendir),
                       CALL(close),
                       CALL(fclose),
                       CALL(pclose),
                       CALL(closedir),
                       CALL(syscall)};
#undef CALL_AND_64
#undef CALL

#if defined(__x86_64__)
constexpr uint32_t kSlots[] = {R_X86_64_JUMP_SLOT, R_X86_64_GLOB_DAT};
#elif defined(__aarch64__)
constexpr uint32_t kSlots[] = {R_AARCH64_JUMP_SLOT, R_AARCH64_GLOB_DAT};
#else
constexpr uint32_t kSlots[] = {UINT32_MAX};  // none: nothing is seen
#endif

// A module's tables, from its dynamic section.
struct Tables {
  ElfW(Addr) base = 0;
  const ElfW(Sym) * symbols = nullptr;
  const char* names = nullptr;
  ElfW(Addr) relro = 0;  // what the dynamic linker has made read-only
  size_t relro_size = 0;
};

void Bind(const Tables& tables, const ElfW(Rela) * entries, size_t bytes) noexcept {
  const auto page = static_cast<ElfW(Addr)>(sysconf(_SC_PAGESIZE));
  for (size_t i = 0; entries != nullptr && i < bytes / sizeof *entries; ++i) {
    const auto type = static_cast<uint32_t>(ELF64_R_TYPE(entries[i].r_info));
    if (std::find(std::begin(kSlots), std::end(kSlots), type) == std::end(kSlots)) continue;
    const char* const name = tables.names + tables.symbols[ELF64_R_SYM(entries[i].r_info)].st_name;
    for (const Call& call : kCalls) {
      if (*call.real == nullptr || std::strcmp(name, call.name) != 0) continue;
      const ElfW(Addr) at = tables.base + entries[i].r_offset;
      const bool is_hard = at >= tables.relro && at < tables.relro + tables.relro_size;
      void* const begin = reinterpret_cast<void*>(at & ~(page - 1));
      if (is_hard && mprotect(begin, page, PROT_READ | PROT_WRITE) != 0) continue;
      __atomic_store_n(reinterpret_cast<void**>(at), call.ours, __ATOMIC_RELAXED);
      if (is_hard) mprotect(begin, page, PROT_READ);
    }
  }
}

int BindModule(dl_phdr_info* info, size_t, void*) noexcept {
  Tables tables{info->dlpi_addr, nullptr, nullptr, 0, 0};
  const ElfW(Dyn)* dynamic = nullptr;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    if (header.p_type == PT_DYNAMIC) {
      dynamic = reinterpret_cast<const ElfW(Dyn)*>(tables.base + header.p_vaddr);
    } else if (header.p_type == PT_GNU_RELRO) {
      tables.relro = tables.base + header.p_vaddr;
      tables.relro_size = header.p_memsz;
    }
  }
  // The C library's own calls, and the kernel's page: not bound that way, or not to be touched.
  const bool is_libc = std::strstr(info->dlpi_name, "/libc.so") != nullptr ||
                       std::strstr(info->dlpi_name, "/ld-linux") != nullptr ||
                       std::strstr(info->dlpi_name, "linux-vdso") != nullptr;
  if (dynamic == nullptr || is_libc) return 0;
  const ElfW(Rela)* lazy = nullptr;
  const ElfW(Rela)* other = nullptr;
  size_t lazy_bytes = 0, other_bytes = 0;
  for (; dynamic->d_tag != DT_NULL; ++dynamic) {
    const ElfW(Addr) at = dynamic->d_un.d_ptr;  // glibc has added the base
    if (dynamic->d_tag == DT_SYMTAB) tables.symbols = reinterpret_cast<const ElfW(Sym)*>(at);
    if (dynamic->d_tag == DT_STRTAB) tables.names = reinterpret_cast<const char*>(at);
    if (dynamic->d_tag == DT_JMPREL) lazy = reinterpret_cast<const ElfW(Rela)*>(at);
    if (dynamic->d_tag == DT_RELA) other = reinterpret_cast<const ElfW(Rela)*>(at);
    if (dynamic->d_tag == DT_PLTRELSZ) lazy_bytes = dynamic->d_un.d_val;
    if (dynamic->d_tag == DT_RELASZ) other_bytes = dynamic->d_un.d_val;
  }
  if (tables.symbols == nullptr || tables.names == nullptr) return 0;
  Bind(tables, lazy, lazy_bytes);
  Bind(tables, other, other_bytes);
  return 0;
}

}  // namespace

void WatchDescriptors(bool on) noexcept {
  if (on) {
    for (Record& record : g_records) {
      if (record.depth != 0) record.depth = 0;
    }
    for (const Call& call : kCalls) {
      if (*call.real == nullptr) *call.real = dlsym(RTLD_DEFAULT, call.name);
    }
    // Again each time, for what was loaded since.
    dl_iterate_phdr(&BindModule, nullptr);
  }
  g_watching.store(on && SitesAreOn(), std::memory_order_relaxed);
}

Opening OpeningOf(int descriptor) noexcept {
  if (descriptor < 0 || descriptor >= kDescriptors) return {};
  const Record& record = g_records[descriptor];
  return record.depth != 0 ? Opening{record.frames, record.depth} : Opening{};
}

}  // namespace tare::count
