#include "node/scene.h"

#include <algorithm>

#include "node/chosen_ways.h"
#include "roles/role.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr u32 kTicksPerSecond = 250;     // as most kernels count
constexpr Time kStart = 1000s;           // since boot
constexpr Duration kMoment = 100ms;      // longer than the pause between two flips of the choice
constexpr Duration kLongestStep = 5min;  // of a silence: pins' ages count to two hours and may not wrap between sweeps
constexpr Duration kLongestSilence = 25h;  // longer than any idle time: afterwards every pin has gone
constexpr u16 kMtu = 1500;

u32 mtu_of(const Config& config, const std::string& interface) {
  for (const MtuConfig& given : config.engine.mtu)
    if (given.interface == interface) return given.mtu;
  return kMtu;
}

// Interfaces and VLANs on them share the interface.
std::vector<InterfaceFacts> make_up(const Config& config) {
  std::vector<InterfaceFacts> facts;
  for (const InterfaceConfig& interface : config.engine.interfaces) {
    const bool known = std::any_of(facts.begin(), facts.end(), [&](auto& f) { return f.name == interface.name; });
    const u32 index = u32(facts.size()) + 1;
    if (!known)
      facts.push_back({interface.name, index, {{2, 0x57, 0, 0, 0, u8(index)}}, mtu_of(config, interface.name)});
  }
  return facts;
}

// Where targets are: an interface of a zone that no service's clients are in, else the first.
const InterfaceFacts* way_out(const Config& config, const std::vector<InterfaceFacts>& facts) {
  for (const InterfaceConfig& interface : config.engine.interfaces) {
    const bool clients = std::any_of(config.service.begin(), config.service.end(),
                                     [&](auto& service) { return service.zone == interface.zone; });
    if (clients || interface.outer_vlan) continue;
    for (const InterfaceFacts& f : facts)
      if (f.name == interface.name) return &f;
  }
  return facts.empty() ? nullptr : &facts[0];
}

// So long after 1970 a scene begins.
constexpr Duration kWall = 7 * 24h;

}  // namespace

Scene::Scene(const Config& config, u32 seed) : config_(config), engine_(sizes_of(config)), now_(kStart) {
  std::mt19937 random(seed);
  engine_.live().meta[0] = new_meta(sizes_of(config), kTicksPerSecond, [&] { return u32(random()); });
}

Result<std::unique_ptr<Scene>> Scene::make(const Config& config, u32 seed) {
  std::unique_ptr<Scene> scene(new Scene(config, seed));
  WM_TRY(scene->revive());
  return scene;
}

Clock Scene::clock() const { return {0s, 0, kTicksPerSecond, kWall}; }
u32 Scene::ticks() const { return clock().ticks_at(now_); }
u32 Scene::seconds() const { return u32(std::chrono::duration_cast<std::chrono::seconds>(kWall + now_).count()); }

Mac Scene::mac_of(const Address& target) {
  const u64 hash = mix(target.high ^ mix(target.low));
  return {{2, 0x57, 1, u8(hash >> 16), u8(hash >> 8), u8(hash)}};
}

const InterfaceFacts* Scene::interface_called(std::string_view name) const {
  for (const InterfaceFacts& facts : interfaces_)
    if (facts.name == name) return &facts;
  return nullptr;
}

std::string Scene::interface_name(u32 index) const {
  for (const InterfaceFacts& facts : interfaces_)
    if (facts.index == index) return facts.name;
  return "interface " + std::to_string(index);
}

// Of a role whose packets go by the kernel's routes: all of one IP version by one interface, to a next hop for each
// destination.
void Scene::find_routes(const Config& config) {
  const std::vector<const Descriptor*> roles = roles_at_work(config);
  const auto role = std::find_if(roles.begin(), roles.end(), [](const Descriptor* r) { return r->goes_by_routes; });
  if (role == roles.end() || interfaces_.empty()) return engine_.set_routes({});
  const auto usual = [&](bool to_ip6) {
    const InterfaceConfig* chosen = (*role)->usual_interface(config, to_ip6);
    const InterfaceFacts* facts = chosen ? interface_called(chosen->name) : nullptr;
    return facts ? *facts : interfaces_[0];
  };
  const InterfaceFacts ip4 = usual(false), ip6 = usual(true);
  engine_.set_routes([ip4, ip6](const Address&, const Address& to) {
    const InterfaceFacts& out = is_ip4(to) ? ip4 : ip6;
    return Routed{WayKind::direct, out.index, mac_of(to), out.mac, u16(out.mtu)};
  });
}

void Scene::find_ways(const Config& config) {
  const InterfaceFacts* out = way_out(config, interfaces_);
  for (const Address& target : node_->next_hops_wanted())
    node_->on_next_hop({target, true, out->index, mac_of(target), out->mac, kMtu, ""}, now_);
}

// Questions are answered by the paths that the file gives, without what it takes out.
void Scene::find_answers(const Config& config) {
  path::AskedPlan plan = path::asked_plan(config);
  std::vector<u64> words;
  if (plan.layout) {
    const dns::Lost lost{{config.path->down.begin(), config.path->down.end()}, {}};
    asked_.lose(asked_lost(*config.path, lost));
    if (const auto ways = ChosenWays::choose(config, {{lost.pops, {}}, {}}, nullptr)) words = asked_ways(plan, **ways);
  }
  asked_.follow(std::move(plan), std::move(words));
  asked_.set_cookies(kCookies);
}

Status Scene::reload(const Config& config) {
  const std::vector<InterfaceFacts> facts = make_up(config);
  Result<Image> image = node_->prepare(config, facts);
  if (!image) {
    node_->abandon();
    return image.error();
  }
  engine_.load(std::move(*image));
  interfaces_ = facts;
  config_ = config;
  node_->commit(now_);
  find_ways(config);
  find_routes(config);
  find_answers(config);
  advance(kMoment);
  return Done{};
}

void Scene::kill() { node_.reset(); }

Status Scene::revive() {
  node_ = std::make_unique<Node>(engine_.live(), clock());
  return reload(Config(config_));
}

Status Scene::restart() {
  kill();
  return revive();
}

void Scene::advance(Duration by) {
  const Time end = now_ + by;
  if (!node_) now_ = end;
  if (by > kLongestSilence) now_ = end - kLongestSilence;
  const Duration step = std::clamp<Duration>(by / 256, 1ns, kLongestStep);
  while (node_ && now_ < end) {
    now_ = std::min(end, std::max(node_->deadline(), now_ + step));
    engine_.forget_traffic(node_->tick(now_));
    asked_.step(now_, ticks(), seconds());
  }
}

}  // namespace waymark
