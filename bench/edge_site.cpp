#include <cstring>

#include "base/address_text.h"
#include "bench/edge_case.h"
#include "bench/edge_flow.h"
#include "core/exact_insert.h"
#include "dataplane/flow_env.h"
#include "roles/edge/packet_family.h"

namespace waymark::bench {

namespace {

using namespace edge;

const Address kServer = *parse_address("2001:db8:5::1"), kPrefix = *parse_address("2001:db8:f:1::");

struct Headers {
  Ethernet ethernet;
  Ip6 ip;
  Tcp tcp;
};
Headers headers_of(const std::vector<u8>& frame) {
  Headers h;
  std::memcpy(&h, frame.data(), sizeof h);
  return h;
}
std::vector<u8> bytes_of(const Headers& h) {
  const u8* bytes = reinterpret_cast<const u8*>(&h);
  return {bytes, bytes + sizeof h};
}
const Headers& first_packet() {
  static const Headers first = headers_of(client_packet(false, kTcpAck));
  return first;
}

Address client_of(u32 flow) {
  const Address first = load_address(first_packet().ip.source);
  return {first.high, edge_client(first.low, flow)};
}

Six::Table::Key key_of_flow(u32 flow) {
  const Headers& h = first_packet();
  return Six::key({client_of(flow), load_address(h.ip.destination), u16(number(be16{edge_port(flow)})),
                   u16(number(h.tcp.destination)), kProtoTcp});
}

}  // namespace

void add_edge(Config& config, const SiteSpec& spec) {
  EdgeConfig& e = config.edge.emplace();
  e.prefix = {kPrefix, 64};
  e.address = *parse_address("2001:db8:f:2::1");
  e.flows = spec.edge_flows;
  e.quota = e.new_flows = 0;
  const Headers& h = first_packet();
  const u16 port = u16(number(h.tcp.destination));
  e.service = {{"web", {{load_address(h.ip.destination), 128}}, {{Protocol::tcp, port, port}}, {{kServer, 128}}}};
}

std::vector<u8> edge_packet(EdgeWay way) {
  Headers h = first_packet();
  if (way == EdgeWay::back) {
    store_address(h.ip.source, kServer);
    store_address(h.ip.destination, kPrefix);
    const be16 client = h.tcp.source;
    h.tcp.source = h.tcp.destination;
    h.tcp.destination = client;
  }
  return bytes_of(h);
}

std::vector<Address> edge_destinations(EdgeWay way, u32 flows) {
  if (way == EdgeWay::out) return {kServer};
  if (way != EdgeWay::back) return {load_address(first_packet().ip.destination)};
  std::vector<Address> clients;
  for (u32 flow = 0; flow < flows; flow += 1u << 16) clients.push_back(client_of(flow));
  return clients;
}

std::vector<u8> edge_arrived(EdgeWay way, const Live& live, const std::vector<u8>& left) {
  const bool back = way == EdgeWay::back;
  const Headers h = headers_of(left);
  const Address own = load_address(h.ip.source), client = load_address(h.ip.destination);
  for (const EdgeRecord& record : live.edge_records) {
    const u16 port = u16(record.key[3] >> 16);
    if (!(record.state & kStateMask)) continue;
    if (back ? record.key[1] != client.low || port != number(h.tcp.destination) : record.user != own.low) continue;
    Headers arrived = headers_of(edge_packet(way));
    arrived.tcp.flags = h.tcp.flags;
    if (back) {
      store_address(arrived.ip.destination, {kPrefix.high, record.user});
      arrived.tcp.destination = wire16(port);
    } else {
      store_address(arrived.ip.source, {record.key[0], record.key[1]});
      arrived.tcp.source = wire16(port);
    }
    return bytes_of(arrived);
  }
  return {};
}

std::vector<u64> open_edge_flows(Live& live, const Settings& settings, u32 ticks, u32 flows) {
  FlowEnv env{live};
  const OwnSettings& s = settings.role.edge;
  const ExactLimits limits = {s.buckets, 0, s.stale_stamps, 0};
  const u32 stamp = ticks >> settings.stamp_shift;
  const u64 state = in_stage(at_stamp(0, stamp), Stage::open) | kLearnt;
  std::vector<u64> own;
  for (u32 n = 0; n < flows; ++n) {
    const Six::Table::Key key = key_of_flow(n);
    const PinPlace place = place_in(hash_key(settings.pin_key, key), limits.buckets);
    const auto fill = [&](EdgeRecord& record, u32 at) {
      record.server[0] = kServer.high;
      record.server[1] = kServer.low;
      return own_address(s, at, nonce_of(s, key, ticks, 0, read_word(&record.state)));
    };
    insert_exact<Flows>(env, limits, place, key, state, fill, stamp);
    const FlowOf<Six> flow = find_exact<Flows>(env, limits, place, key);
    own.push_back(flow.word && settle(flow.word, flow.value) ? flow.user : 0);
  }
  return own;
}

void end_half_open(Live& live) {
  for (std::size_t b = 0; b < live.edge_flows.size(); ++b)
    for (u32 way = 0; way < Flows::kWays; ++way) {
      u64& word = live.edge_flows[b].way[way];
      if (!u32(word) || phase_of(word) != ExactPhase::tentative) continue;
      word = free_word(word);
      live.edge_records[b * Flows::kWays + way].state = 0;
    }
}

void renew_edge_flows(Live& live, u32 stamp) {
  for (EdgeRecord& record : live.edge_records)
    if (record.state & kLearnt) record.state = at_stamp(record.state, stamp);
}

}  // namespace waymark::bench
