#include "rtnetlink/driver.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>

namespace waymark {

namespace {

constexpr u32 kMostCounts = 65'536;  // a driver with more is not believed

// The kernel's end of ethtool, for one interface.
class Asked {
 public:
  explicit Asked(const std::string& interface)
      : interface_(interface), fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  Asked(const Asked&) = delete;
  ~Asked() {
    if (fd_ >= 0) close(fd_);
  }
  bool ask(void* about) {
    ifreq request{};
    interface_.copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_data = static_cast<char*>(about);
    return fd_ >= 0 && ioctl(fd_, SIOCETHTOOL, &request) == 0;
  }
  std::optional<u32> value(u32 command) {
    ethtool_value value{command, 0};
    if (!ask(&value)) return {};
    return value.data;
  }

 private:
  const std::string interface_;
  const int fd_;
};

u32 count_of_counts(Asked& driver) {
  alignas(ethtool_sset_info) u8 bytes[sizeof(ethtool_sset_info) + sizeof(u32)] = {};
  auto* info = reinterpret_cast<ethtool_sset_info*>(bytes);
  info->cmd = ETHTOOL_GSSET_INFO;
  info->sset_mask = 1ull << ETH_SS_STATS;
  u32 count = 0;
  if (driver.ask(info) && info->sset_mask) std::memcpy(&count, bytes + sizeof *info, sizeof count);
  return count <= kMostCounts ? count : 0;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool says_refused(std::string_view name) {
  for (const std::string_view sent : {"xdp_tx", "xdp_xmit", "tx_xdp"})
    if (const auto at = name.find(sent); at != name.npos)
      for (const std::string_view end : {"_err", "_errors", "_drops", "_full"})
        if (name.substr(at + sent.size()) == end) return true;
  // A queue's number, or its place, may stand between.
  return (name.starts_with("tx") && name.find("_xdp_") != name.npos) &&
         (name.ends_with("_xdp_err") || name.ends_with("_xdp_full"));
}

}  // namespace

std::optional<Offloads> offloads(const std::string& interface) {
  Asked driver(interface);
  const auto flags = driver.value(ETHTOOL_GFLAGS);
  if (!flags) return {};
  return Offloads{driver.value(ETHTOOL_GTXCSUM).value_or(0) != 0, (*flags & ETH_FLAG_TXVLAN) != 0,
                  (*flags & ETH_FLAG_RXVLAN) != 0, (*flags & ETH_FLAG_LRO) != 0,
                  driver.value(ETHTOOL_GGRO).value_or(0) != 0};
}

DriverCounts driver_counts(const std::string& interface) {
  Asked driver(interface);
  const u32 count = count_of_counts(driver);
  if (!count) return {};
  // A driver writes as many as it has by now: with room for more than it had, a queue that is added meanwhile fits.
  const u32 room = 2 * count + 1024;
  std::vector<u64> names(2 + room * ETH_GSTRING_LEN / sizeof(u64)), values(1 + room);
  auto* strings = reinterpret_cast<ethtool_gstrings*>(names.data());
  strings->cmd = ETHTOOL_GSTRINGS;
  strings->string_set = ETH_SS_STATS;
  strings->len = count;
  auto* stats = reinterpret_cast<ethtool_stats*>(values.data());
  stats->cmd = ETHTOOL_GSTATS;
  stats->n_stats = count;
  if (!driver.ask(strings) || !driver.ask(stats) || strings->len > room || stats->n_stats > room) return {};
  DriverCounts out;
  for (u32 i = 0; i < std::min(strings->len, stats->n_stats); ++i) {
    const char* name = reinterpret_cast<const char*>(strings->data) + i * ETH_GSTRING_LEN;
    out.push_back({std::string(name, strnlen(name, ETH_GSTRING_LEN)), stats->data[i]});
  }
  return out;
}

std::optional<u64> refused_in(const DriverCounts& counts) {
  std::set<std::string, std::less<>> sums;  // names without a queue's number
  for (const auto& [name, value] : counts)
    if (std::none_of(name.begin(), name.end(), is_digit)) sums.insert(name);
  std::optional<u64> all;
  for (const auto& [name, value] : counts) {
    std::string plain = name;
    std::erase_if(plain, is_digit);
    if (says_refused(name) && (plain == name || !sums.contains(plain))) all = all.value_or(0) + value;
  }
  return all;
}

}  // namespace waymark
