// The data path of one node and what keeps it true: engine, control, next hops, and the sockets of checks, members and
// routes, for as long as one daemon holds them. Everything here runs on the loop's thread.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/checks.h"
#include "daemon/peers.h"
#include "daemon/punts.h"
#include "daemon/snapshot.h"
#include "engine/xdp/engine.h"
#include "kernel/resolver.h"
#include "kernel/routes.h"
#include "node/control.h"

namespace waymark {

class Plane {
 public:
  ~Plane();
  // Adopts what is pinned under the node's name, or makes it, and puts `config` in force.
  static Result<std::unique_ptr<Plane>> start(std::span<const u8> program, const Config& config, Loop& loop);

  // Puts another configuration in force, or leaves everything as it is.
  Status reload(const Config& config);
  // The same one again, with packets copied for a capture or not.
  Status capture(bool on);

  Status drain(const std::string& target, bool on);
  Status reweigh(const std::string& target, std::optional<u32> weight);

  // Withdraws what is announced, for good.
  Status withdraw();
  // Another process takes over: members, checks and routes are its from now on.
  void suspend();

  int kernel_descriptor() const { return resolver_->descriptor(); }
  void on_kernel();  // it became readable

  // Does what is due.
  void step(Time now);
  Time deadline() const;

  void describe(Snapshot& s);
  std::optional<Pin> find_pin(const FlowQuery& flow);
  const Config& config() const { return control_->node().config(); }
  const XdpEngine& engine() const { return engine_; }

  // "program 0123456789abcdef on eth0 (native), eth1 (generic)"
  std::string in_words() const;

 private:
  Plane(XdpEngine engine, std::unique_ptr<Resolver> resolver, Loop& loop);
  Status start_control(const Config& config, bool adopted);
  void note_announced(std::optional<u32> protocol) const;
  Status put_in_force(const Config& config, bool capture);
  void say_what_is_attached();
  void settle(u64 generation);
  void follow_next_hops(Time now);
  void check_interfaces();
  // What a translator leaves to the kernel's routes (plane_natives.cpp).
  static Result<std::vector<Prefix>> natives_for(const Config& config);
  void plan_natives(Time now);
  void check_natives(Time now);
  void follow_sockets(const Config& config);
  void follow_punts(const Config& config, Image image);
  void carry_out();  // what control wants asked, sent and announced
  void sync_routes(Time now);

  XdpEngine engine_;
  std::unique_ptr<Resolver> resolver_;
  Loop& loop_;
  std::unique_ptr<Control> control_;
  std::optional<Routes> routes_;
  std::unique_ptr<Checks> checks_;
  std::unique_ptr<Peers> peers_;
  std::optional<GroupConfig> peers_of_;  // as peers_ was made
  std::unique_ptr<Punts> punts_;         // where there is a translator
  std::optional<std::vector<Address>> routes_written_;
  std::optional<AnnounceConfig> announced_as_;
  std::string routes_failed_;  // what was said last
  bool suspended_ = false;
  std::vector<InterfaceFacts> interfaces_;  // as in force
  std::vector<Prefix> natives_;             // as in force
  std::map<std::pair<u64, u64>, Resolution> next_hops_;
  std::map<u32, std::string> interface_names_;
  std::set<std::string> missing_;  // interfaces that were said to be gone
  std::set<std::string> fallbacks_told_;
  bool capturing_ = false;
  bool kernel_changed_ = true;
  Time interfaces_due_{0}, routes_due_{0}, natives_due_ = Time::max(), natives_after_{0};
  u64 routes_seen_ = 0;  // Resolver::route_changes()
};

}  // namespace waymark
