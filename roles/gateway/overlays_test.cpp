// Where overlays have their neighbours: enough room for each, nobody in another's, and the same place in every load.
#include "roles/gateway/overlays.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/address_text.h"
#include "core/records.h"

namespace waymark::gateway {

namespace {

TenantTunnelConfig tunnel(u32 vni, u32 neighbours, const std::string& ip4 = "10.0.0.0") {
  TenantTunnelConfig t;
  t.tunnel = Tunnel::vxlan;
  t.key = vni;
  t.neighbours = neighbours;
  t.gateway = {*parse_address("10.0.0.1")};
  t.remote = *parse_address("192.0.2.71");
  t.ip4 = {Prefix(*parse_address(ip4), 24)};
  return t;
}

GatewayConfig gateway_of(const std::vector<u32>& neighbours) {
  GatewayConfig g;
  for (u32 i = 0; i < neighbours.size(); ++i) {
    TenantConfig t;
    t.name = "t" + std::to_string(i);
    t.number = i + 1;
    t.tunnel = {tunnel(1, neighbours[i])};
    g.tenant.push_back(t);
  }
  return g;
}

TEST(Overlays, HaveRoomOfTheirOwn) {
  std::mt19937 random(1);
  std::vector<u32> wanted;
  for (u32 left = 4 * kNeighbourBuckets; left >= 4;) {  // all there is
    const u32 n = std::min(left, 4u << random() % 12);
    const u32 fits = 4 * (buckets_for(n) > left / 4 ? buckets_for(n) / 2 : buckets_for(n));
    wanted.push_back(fits);
    left -= fits;
  }
  const GatewayConfig config = gateway_of(wanted);
  bool room = false;
  const std::vector<Overlay> all = overlays_of(config, &room);
  EXPECT_TRUE(room);
  ASSERT_EQ(all.size(), wanted.size());
  std::vector<bool> taken(kNeighbourBuckets);
  for (const Overlay& o : all) {
    EXPECT_EQ(o.buckets * 4, o.tunnels[0]->neighbours);
    for (u32 b = o.first_bucket; b < o.first_bucket + o.buckets; ++b) {
      ASSERT_LT(b, kNeighbourBuckets);
      ASSERT_FALSE(taken[b]) << "two have bucket " << b;
      taken[b] = true;
    }
  }
  std::vector<u32> more = wanted;
  more.push_back(1);
  const GatewayConfig too_many = gateway_of(more);
  overlays_of(too_many, &room);
  EXPECT_FALSE(room);
}

TEST(Overlays, KeepTheirPlaces) {
  const GatewayConfig before = gateway_of(std::vector<u32>(50, 100));
  GatewayConfig after = before;
  after.tenant.erase(after.tenant.begin() + 7);
  after.tenant.push_back(gateway_of(std::vector<u32>(60, 500)).tenant.back());
  const std::vector<Overlay> was = overlays_of(before), is = overlays_of(after);
  u32 moved = 0;
  for (const Overlay& o : was) {
    const auto found = std::find_if(is.begin(), is.end(), [&](const Overlay& i) { return i.owner == o.owner; });
    if (found != is.end()) moved += found->first_bucket != o.first_bucket;
  }
  EXPECT_LE(moved, 4u) << "of 49, those that had collided";
}

TEST(Overlays, AreSharedByTunnelsOfOneTenant) {
  GatewayConfig g = gateway_of({8, 8});
  g.tenant[0].tunnel = {tunnel(1, 8), tunnel(2, 8, "10.2.0.0"), tunnel(1, 8), tunnel(1, 8, "10.1.0.0")};
  const std::vector<Overlay> all = overlays_of(g);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].tunnels, (std::vector<const TenantTunnelConfig*>{&g.tenant[0].tunnel[0], &g.tenant[0].tunnel[2]}));
  EXPECT_NE(all[0].owner, all[3].owner) << "the same VNI and prefix of another tenant's";
  const u64 owner = all[0].owner;
  g.tenant[0].tunnel[2].remote = *parse_address("192.0.2.72");
  EXPECT_NE(overlays_of(g)[0].owner, owner) << "neighbours are known behind far ends by number";
  g.tenant[0].tunnel[2].mac = Mac{{2, 0, 0, 0, 0, 1}};
  EXPECT_EQ(overlays_of(g).size(), 5u) << "frames for one MAC address are no neighbours' affair";
  EXPECT_EQ(overlays_of(g)[2].buckets, 1u) << "but ARP is answered within limits";
}

TEST(Overlays, HoldWhatTheyShouldInTheirBuckets) {
  EXPECT_EQ(buckets_for(1), 1u);
  EXPECT_EQ(buckets_for(4), 1u);
  EXPECT_EQ(buckets_for(5), 2u);
  EXPECT_EQ(buckets_for(256), 64u);
  EXPECT_EQ(buckets_for(50'000), kNeighbourBuckets);
}

}  // namespace

}  // namespace waymark::gateway
