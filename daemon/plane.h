// The data path of one node and what keeps it true: engine, Node and next hops, for as long as one daemon holds them.
// Everything here runs on the loop's thread.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/snapshot.h"
#include "engine/xdp/engine.h"
#include "kernel/resolver.h"

namespace waymark {

class Plane {
 public:
  // Adopts what is pinned under the node's name, or makes it, and puts `config` in force.
  static Result<std::unique_ptr<Plane>> start(std::span<const u8> program, const Config& config);

  // Puts another configuration in force, or leaves everything as it is.
  Status reload(const Config& config);
  // The same one again, with packets copied for a capture or not.
  Status capture(bool on);

  Status drain(const std::string& target, bool on);

  int kernel_descriptor() const { return resolver_->descriptor(); }
  void on_kernel();  // it became readable

  // Does what is due.
  void step(Time now);
  Time deadline() const;

  void describe(Snapshot& s);
  std::optional<Pin> find_pin(const FlowQuery& flow);
  const Config& config() const { return node_->config(); }
  const XdpEngine& engine() const { return engine_; }

  // "program 0123456789abcdef on eth0 (native), eth1 (generic)"
  std::string in_words() const;

 private:
  Plane(XdpEngine engine, std::unique_ptr<Resolver> resolver);
  Status put_in_force(const Config& config, bool capture);
  void say_what_is_attached();
  void settle(u64 generation);
  void follow_next_hops(Time now);
  void check_interfaces();

  XdpEngine engine_;
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<Node> node_;
  std::vector<InterfaceFacts> interfaces_;  // as in force
  std::map<std::pair<u64, u64>, Resolution> next_hops_;
  std::map<u32, std::string> interface_names_;
  std::set<std::string> missing_;  // interfaces that were said to be gone
  std::set<std::string> fallbacks_told_;
  bool capturing_ = false;
  bool kernel_changed_ = true;
  Time interfaces_due_{0};
};

}  // namespace waymark
