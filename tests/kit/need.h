// What a test needs from the machine. WM_NEED(Cap::bpf) skips the test where it is missing; with CI=true it fails it.
#pragma once

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace waymark {

enum class Cap {
  bpf,     // may load programs and maps
  netns,   // may make network namespaces and configure what is in them
  tshark,  // an independent decoder of packets
  scapy,   // an independent implementation of protocols, Mobile IPv6 among them
  kdig,    // an independent client of DNS
  kea,     // the DHCPv6 server, and the headers for its hooks
};

namespace need {

inline bool can_load_bpf() {
  bpf_attr attr{};
  attr.map_type = BPF_MAP_TYPE_ARRAY;
  attr.key_size = attr.value_size = sizeof(__u32);
  attr.max_entries = 1;
  const long fd = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr);
  if (fd < 0) return false;
  close(int(fd));
  return true;
}

inline bool can_make_netns() {  // in a child, as leaving the caller's namespace cannot be undone without rights
  const pid_t child = fork();
  if (child == 0) _exit(unshare(CLONE_NEWNET) == 0 ? 0 : 1);
  int status = 1;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

inline bool in_path(std::string_view program) {
  std::string_view path = std::getenv("PATH") ? std::getenv("PATH") : "";
  while (!path.empty()) {
    const auto colon = path.find(':');
    if (access((std::string(path.substr(0, colon)) + "/" + std::string(program)).c_str(), X_OK) == 0) return true;
    path = colon == path.npos ? "" : path.substr(colon + 1);
  }
  return false;
}

// Empty where the machine has it, or the sentence that says what is missing.
inline std::string_view missing(Cap cap) {
  switch (cap) {
    case Cap::bpf:
      return geteuid() == 0 && can_load_bpf() ? "" : "BPF needs root and a kernel that permits it";
    case Cap::netns:
      return geteuid() == 0 && can_make_netns() ? "" : "network namespaces need root";
    case Cap::tshark:
      return in_path("tshark") ? "" : "tshark is not installed";
    case Cap::scapy:
      return access("/usr/lib/python3/dist-packages/scapy/layers/inet6.py", R_OK) == 0
                 ? ""
                 : "python3-scapy is not installed";
    case Cap::kdig:
      return in_path("kdig") ? "" : "kdig (knot-dnsutils) is not installed";
    case Cap::kea:
      return access("/usr/sbin/kea-dhcp6", X_OK) == 0 && access("/usr/include/kea/hooks/hooks.h", R_OK) == 0
                 ? ""
                 : "kea-dhcp6-server and kea-dev are not installed";
  }
  return "an unknown capability";
}

inline bool must_not_skip() {
  const char* ci = std::getenv("CI");
  return ci && std::string_view(ci) == "true";
}

}  // namespace need
}  // namespace waymark

#define WM_NEED(cap)                                                                               \
  if (const std::string_view wm_missing = ::waymark::need::missing(cap); !wm_missing.empty()) {    \
    if (::waymark::need::must_not_skip()) FAIL() << wm_missing << ", and CI=true permits no skip"; \
    GTEST_SKIP() << wm_missing;                                                                    \
  }                                                                                                \
  static_assert(true, "a semicolon follows")
