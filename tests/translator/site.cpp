#include "tests/translator/site.h"

#include <algorithm>
#include <map>

#include "tests/kit/scene.h"

namespace waymark::translator_cases {

using packets::Bytes;

TranslatorSite::TranslatorSite(const std::string& toml) {
  scene_ = scene_of(toml);
  ip4_ = scene_->interface_called("eth0")->index;
  ip6_ = scene_->interface_called("eth1")->index;
}

Bytes TranslatorSite::frame(const Bytes& packet) const {
  return packets::frame(packet, {.destination = "02:57:00:00:00:0" + std::to_string(index_for(packet))});
}

void TranslatorSite::set_ways(WayKind kind) {
  std::ranges::fill(scene_->engine().live().ways, CachedRoute{});
  scene_->engine().set_routes([this, kind](const Address&, const Address& to) {
    const InterfaceFacts& out = *scene_->interface_called(is_ip4(to) ? "eth0" : "eth1");
    return Routed{kind, kind == WayKind::direct ? out.index : 0, Scene::mac_of(to), out.mac, u16(out.mtu)};
  });
}

Became TranslatorSite::receive(const Bytes& packet) {
  const Outcome o = scene_->receive(frame(packet), index_for(packet));
  Became became = {reason_text(o.verdict.reason)->name, o.action};
  if (o.action != Action::forward) return became;
  for (const Bytes& f : left(o)) {
    became.out.emplace_back(f.begin() + 14, f.end());
    became.by.push_back(o.out_interface);
  }
  return became;
}

TranslatorSite& site_of(const std::string& toml) {
  static std::map<std::string, std::unique_ptr<TranslatorSite>> sites;
  auto& s = sites[toml];
  if (!s) s = std::make_unique<TranslatorSite>(toml);
  s->scene().advance(std::chrono::seconds(1));
  return *s;
}

std::vector<Bytes> left(const Outcome& o) {
  return o.verdict.action == Action::punt ? o.frames : std::vector<Bytes>{o.frame};
}

}  // namespace waymark::translator_cases
