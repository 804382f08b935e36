#include "config/ranges.h"

#include <algorithm>
#include <tuple>

namespace waymark::config {

std::vector<PortRange> merged(std::vector<PortRange> ports) {
  std::sort(ports.begin(), ports.end(),
            [](auto& a, auto& b) { return std::tie(a.protocol, a.first) < std::tie(b.protocol, b.first); });
  std::vector<PortRange> out;
  for (const PortRange& p : ports) {
    if (!out.empty() && out.back().protocol == p.protocol && p.first <= u32(out.back().last) + 1)
      out.back().last = std::max(out.back().last, p.last);
    else
      out.push_back(p);
  }
  return out;
}

std::optional<PortRange> common(const std::vector<PortRange>& a, const std::vector<PortRange>& b) {
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (i->protocol == j->protocol && i->first <= j->last && j->first <= i->last)
      return PortRange{i->protocol, std::max(i->first, j->first), std::min(i->last, j->last)};
    std::tie(i->protocol, i->last) < std::tie(j->protocol, j->last) ? void(++i) : void(++j);
  }
  return {};
}

}  // namespace waymark::config
