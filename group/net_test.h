// Several nodes' groups joined by links in memory: they may be cut, slow, or lose an end without a word.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <set>

#include "group/group.h"
#include "group/tables_test.h"

namespace waymark::group {

using namespace std::chrono_literals;

constexpr Time kTick = 10ms;

inline u32 stamp_at(Time now) { return u32(now / 16s) & kStampMask; }

inline FlowTimes flow_times(const Tables& tables, Time at) {
  return {{u32(tables.flows.size()), u32(tables.flow_embryos.size()), kStale, 8}, stamp_at(at), [](firewall::Stage) {
            return kIdle;
          }};
}

// A node: tables and its group. It may be killed and made anew; its tables stay unless they are emptied.
struct Node {
  std::string name;
  GroupConfig config;
  Tables tables;
  std::vector<u8> secret;
  std::unique_ptr<Group> group;
  Digest digest{1, 2, 3, 0, 1, 0, true, false};
  std::vector<StateRecord> states;
  std::vector<std::string> log, warnings;
  bool keeps_flows = false;
  EdgeFlows* edges = nullptr;

  Node(const std::string& n, u32 pins) : name(n), tables(pins), secret(32, 7) {}
};

// Nodes joined by links that carry bytes in pieces; who cannot reach whom is in `cut`; `slow` read nothing.
struct Net {
  struct Wire {
    size_t from, to;
    Link peer;
    std::deque<std::vector<u8>> bytes;
    size_t queued = 0;
  };
  std::vector<std::unique_ptr<Node>> nodes;
  std::map<std::pair<size_t, Link>, Wire> wires;  // by sender and its link
  std::set<std::pair<size_t, size_t>> cut;
  std::set<size_t> slow, unable;                     // do not read; cannot dial
  std::optional<std::pair<size_t, size_t>> one_way;  // the one that can dial, and whom
  bool record = false;
  std::vector<std::vector<u8>> recorded;  // what was carried, where it is recorded
  Time now = 1000s;
  Link next = 1;
  u64 nonces = 0;
  std::mt19937_64 random{1};

  explicit Net(size_t count, u32 pins = 2'000, Duration wait = 10s) {
    for (size_t i = 0; i < count; ++i) {
      Node& node = *nodes.emplace_back(std::make_unique<Node>("d" + std::to_string(i + 1), pins));
      node.config.name = "g";
      node.config.wait = wait;
      for (size_t j = 0; j < count; ++j)
        if (j != i) node.config.member.push_back({"d" + std::to_string(j + 1), at(j)});
      for (u32 n = 1; n <= 4; ++n) node.tables.target(n + slots_of(i), "web", n);
    }
    for (size_t i = 0; i < count; ++i) start(i);
  }
  // A member's own slots for the same targets, behind this one.
  static u32 slots_of(size_t i) { return 5 * u32(i % 5); }
  Node& node(size_t i) { return *nodes[i]; }
  Group& group(size_t i) { return *nodes[i]->group; }
  // d1 listens at 192.0.2.1, d2 at [2001:db8::2], and so on.
  static std::string at(size_t i) {
    return i % 2 ? "[2001:db8::" + std::to_string(i + 1) + "]:6090" : "192.0.2." + std::to_string(i + 1) + ":6090";
  }
  Address address(size_t i) { return *address_of(at(i)); }
  MemberView member(size_t i, size_t j) { return group(i).view().members[j < i ? j : j - 1]; }

  void start(size_t i, Standing standing = Standing::fresh) {
    Node& n = node(i);
    GroupNeeds needs;
    needs.nonce = [this] {
      Nonce nonce{};
      ++nonces;
      for (u8 b = 0; b < 8; ++b) nonce[b] = u8(nonces >> 8 * b);
      return nonce;
    };
    needs.stamp = stamp_at;
    needs.idle = idle;
    needs.stale_stamps = [] { return kStale; };
    if (n.keeps_flows) needs.flows = [&n](Time at) { return flow_times(n.tables, at); };
    needs.edges = n.edges;
    n.group = std::make_unique<Group>(n.config, n.name, n.secret, u64(now.count()), std::move(needs), n.tables.live,
                                      standing);
    publish(i);
  }
  void publish(size_t i, const std::vector<Opinion>& opinions = {}) {
    group(i).publish(node(i).digest, node(i).states, opinions, now);
  }
  void kill(size_t i) {  // as by power loss: its peers hear nothing of it
    node(i).group.reset();
    std::erase_if(wires, [&](auto& w) { return w.second.from == i; });
  }
  bool dials(size_t i, size_t j) { return reaches(i, j) && (!one_way || *one_way == std::pair(i, j)); }
  bool reaches(size_t i, size_t j) {
    return node(i).group && node(j).group && !cut.contains({i, j}) && !cut.contains({j, i});
  }
  void step() {
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (!node(i).group) continue;
      group(i).tick(now);
      flush(i);
    }
    std::vector<std::pair<size_t, Link>> keys;
    for (auto& [key, wire] : wires) keys.push_back(key);
    for (auto& key : keys) carry(key);
    for (size_t i = 0; i < nodes.size(); ++i) EXPECT_TRUE(!node(i).group || group(i).deadline() > now - kTick);
    now += kTick;
  }
  void carry(std::pair<size_t, Link> key) {
    for (int pieces = 0; pieces < 50; ++pieces) {
      const auto wire = wires.find(key);
      if (wire == wires.end() || wire->second.bytes.empty()) return;
      const size_t to = wire->second.to;
      if (!reaches(key.first, to) || slow.contains(to)) return;
      std::vector<u8> bytes = std::move(wire->second.bytes.front());
      wire->second.bytes.pop_front();
      wire->second.queued -= bytes.size();
      const Link there = wire->second.peer;
      if (record && recorded.size() < 500) recorded.push_back(bytes);
      group(key.first).sent(key.second, wire->second.queued);
      group(to).received(there, bytes, now);
      flush(to);
    }
  }
  void flush(size_t i) {
    GroupOutput out = group(i).take();
    for (const Event& event : out.log) {
      const bool refused = event.kind == "member.refused" || event.kind == "member.absent";
      (refused && event.severity == Severity::warning ? node(i).warnings : node(i).log).push_back(event.text);
    }
    for (u32 m : out.connect) {
      size_t j = 0;
      while (at(j) != node(i).config.member[m].address) ++j;
      if (unable.contains(i)) {
        group(i).failed(m, Unreached::unable, "Too many open files", now);
        continue;
      }
      if (!dials(i, j)) {
        group(i).failed(m, Unreached::absent, "Connection refused", now);
        continue;
      }
      const Link a = next++, b = next++;
      const bool place = group(j).accepted(b, address(i), now);
      group(i).opened(a, m, now);
      if (!place) {
        group(i).closed(a, Ended::by_peer, "it closed the connection", now);
        continue;
      }
      wires[{i, a}] = {i, j, b, {}, 0};
      wires[{j, b}] = {j, i, a, {}, 0};
    }
    for (auto& [link, bytes] : out.send) {
      const auto wire = wires.find({i, link});
      if (wire == wires.end()) continue;
      for (size_t at = 0; at < bytes.size();) {
        const size_t size = std::min<size_t>(bytes.size() - at, 1 + random() % 60'000);
        wire->second.bytes.emplace_back(bytes.begin() + std::ptrdiff_t(at), bytes.begin() + std::ptrdiff_t(at + size));
        at += size;
      }
      wire->second.queued += bytes.size();
      group(i).sent(link, wire->second.queued);
    }
    for (Link link : out.close) {
      const auto wire = wires.find({i, link});
      if (wire == wires.end()) continue;
      const size_t j = wire->second.to;
      const Link there = wire->second.peer;
      const auto last = std::move(wire->second.bytes);  // what was sent before it
      wires.erase(wire);
      if (reaches(i, j) && wires.contains({j, there})) {
        for (const auto& bytes : last) group(j).received(there, bytes, now);
        wires.erase({j, there});
        group(j).closed(there, Ended::by_peer, "it closed the connection", now);
      }
    }
  }
  void run(Duration time) {
    for (const Time end = now + time; now < end;) step();
  }
  template <class F>
  ::testing::AssertionResult until(F condition, Duration at_most = 30s) {
    for (const Time end = now + at_most; now < end; step())
      if (condition()) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "not within " << at_most / 1s << " s";
  }
  bool all_linked() {
    for (size_t i = 0; i < nodes.size(); ++i)
      for (const MemberView& m : group(i).view().members)
        if (!m.up || !m.sharing || !m.pulled) return false;
    return true;
  }
  bool insert(size_t i, u64 flow, u32 target) {
    return node(i).tables.insert(flow, target + slots_of(i), stamp_at(now));
  }
  std::optional<u32> target_at(size_t i, u64 flow) {
    const auto pin = node(i).tables.pin(flow);
    return pin ? std::optional(pin->slot - slots_of(i)) : std::nullopt;
  }
};

}  // namespace waymark::group
