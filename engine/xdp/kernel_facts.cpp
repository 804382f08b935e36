#include "engine/xdp/kernel_facts.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/xdp/object.h"

namespace waymark {

namespace {

// The oldest kernel whose verifier was tried (scripts/debian-kernel). What Waymark uses is there since 5.13: batches of
// per-CPU arrays; before these atomic compare-and-exchange (5.12), XDP links that can be updated (5.9), the jiffies
// helper (5.6), mapped arrays (5.5), loops (5.3), frozen maps (5.2).
constexpr int kLeastMajor = 6, kLeastMinor = 1;

bool too_old(std::string& release) {
  utsname names{};
  if (uname(&names)) return false;
  release = names.release;
  return kernel_before(kLeastMajor, kLeastMinor);
}

constexpr const char* kRights = "run as root, or with the capabilities CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON";

BpfLog& bpf_log() {
  static BpfLog log;
  return log;
}

int print(libbpf_print_level level, const char* format, va_list arguments) {
  if (!bpf_log() || level == LIBBPF_DEBUG) return 0;
  char line[512];
  const int length = vsnprintf(line, sizeof line, format, arguments);
  std::string_view text(line, length < 0 ? 0 : std::min(size_t(length), sizeof line - 1));
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  bpf_log()(level == LIBBPF_WARN, text);
  return 0;
}

}  // namespace

void set_bpf_log(BpfLog log) { bpf_log() = std::move(log); }

bool may_compare_pointers() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (syscall(SYS_capget, &header, data)) return true;
  return data[CAP_PERFMON / 32].effective >> CAP_PERFMON % 32 & 1 || data[0].effective >> CAP_SYS_ADMIN & 1;
}

std::string bpf_sentence(const std::string& what, int error) {
  std::string release;
  if (error == ENOSYS) return what + ": this kernel is built without BPF (CONFIG_BPF_SYSCALL)";
  if (error == EPERM || error == EACCES) return what + ": the kernel does not permit it; " + kRights;
  if (error == ENOMEM) return what + ": the kernel has not enough memory for it";
  if (too_old(release))
    return what + ": this is Linux " + release + ", and Waymark needs " + std::to_string(kLeastMajor) + "." +
           std::to_string(kLeastMinor) + " or newer";
  return what + ": " + strerror(error);
}

bool kernel_before(int major, int minor) {
  utsname names{};
  int its_major = 0, its_minor = 0;
  if (uname(&names) || sscanf(names.release, "%d.%d", &its_major, &its_minor) != 2) return false;
  return its_major < major || (its_major == major && its_minor < minor);
}

Status bpf_usable() {
  libbpf_set_print(print);
  const int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "wm_probe", sizeof(u32), sizeof(u64), 1, nullptr);
  if (fd < 0) return Error{bpf_sentence("cannot use BPF", errno)};
  close(fd);
  return Done{};
}

}  // namespace waymark
