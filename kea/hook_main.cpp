// libwaymark_kea.so: what kea-dhcp6 2.2 calls (docs/paths.md, "Addresses by DHCPv6").
//
//   dhcp6_srv_configured  checks the rules against Kea's subnets
//
//   pkt6_receive          ends leases that are not on their client's own address: Kea asks nobody about leases that it
//                         has, and allocates anew where it has none
//
//   lease6_select         puts the client's address in place of the one from Kea's pool, or lets Kea give none
//
//   pkt6_send             tells how long former addresses hold, which Kea would end at once
//
// Subnets are read from the configuration's JSON, as kea-dev 2.2 lacks a part of their classes' headers.
#include <cc/data.h>
#include <dhcp/dhcp6.h>
#include <dhcp/option6_ia.h>
#include <dhcp/option6_iaaddr.h>
#include <dhcp/pkt6.h>
#include <dhcpsrv/lease.h>
#include <dhcpsrv/lease_mgr_factory.h>
#include <hooks/hooks.h>
#include <log/logger.h>
#include <log/macros.h>
#include <log/message_initializer.h>
#include <stats/stats_mgr.h>

#include <cstring>
#include <ctime>
#include <exception>
#include <memory>
#include <mutex>

#include "base/address_text.h"
#include "kea/giver.h"

namespace {

using namespace isc::dhcp;
using isc::asiolink::IOAddress;
using isc::hooks::CalloutHandle, isc::hooks::LibraryHandle;
using waymark::Address, waymark::Error, waymark::u32;
using waymark::kea::Giver, waymark::kea::Addressed, waymark::kea::Seconds;

const char* const kTexts[] = {"WAYMARK_LOADED",
                              "addresses are those of provisioned clients: %1",
                              "WAYMARK_REFUSED",
                              "the configuration is refused: %1",
                              "WAYMARK_NEW",
                              "%1 is new, and has %2",
                              "WAYMARK_NONE",
                              "no address for IAID %1 in subnet %2: %3",
                              "WAYMARK_TAKEN",
                              "the lease on %1, of %2, ends: %3",
                              "WAYMARK_UNREADABLE",
                              "no answer to %1: %2",
                              nullptr};
const isc::log::MessageInitializer kMessages(const_cast<const char**>(kTexts));
isc::log::Logger logger("waymark-hooks");

std::mutex one_at_a_time;  // Kea may have many threads; a store is one's
std::unique_ptr<Giver> giver;

// What is known of a packet's client, from the first callout to the last.
struct Packet {
  std::string name;
  std::optional<Addressed> client;
  std::optional<u32> iaid;  // of the IA_NA that has the address
};
constexpr const char* kPacket = "packet";

Seconds now() { return Seconds(std::time(nullptr)); }

Address from_kea(const IOAddress& address) {
  Address out = {};
  const auto bytes = address.toBytes();
  if (bytes.size() == sizeof out) std::memcpy(&out, bytes.data(), sizeof out);
  return out;
}
IOAddress to_kea(const Address& address) {
  return IOAddress::fromBytes(AF_INET6, reinterpret_cast<const uint8_t*>(&address));
}

std::shared_ptr<Packet> packet_of(const CalloutHandle& handle) {
  std::shared_ptr<Packet> out;
  try {
    handle.getContext(kPacket, out);
  } catch (const isc::hooks::NoSuchCalloutContext&) {  // the one way to ask
  }
  return out;
}

waymark::Result<std::shared_ptr<Packet>> look_up(CalloutHandle& handle, const DUID& duid) {
  if (const auto before = packet_of(handle)) return before;
  const auto name = waymark::kea::name_of(duid.getDuid());
  if (!name) return name.error();
  auto client = giver->look(*name, now());
  if (!client) return client.error();
  const auto packet = std::make_shared<Packet>(Packet{*name, std::move(*client), {}});
  handle.setContext(kPacket, packet);
  return packet;
}

void take_away(const Lease6Ptr& lease, const std::string& why) {
  const bool counted = !lease->stateExpiredReclaimed();
  if (!LeaseMgrFactory::instance().deleteLease(lease)) return;
  if (counted)
    isc::stats::StatsMgr::instance().addValue(
        isc::stats::StatsMgr::generateName("subnet", lease->subnet_id_, "assigned-nas"), int64_t(-1));
  LOG_INFO(logger, "WAYMARK_TAKEN").arg(lease->addr_.toText()).arg(lease->duid_->toText()).arg(why);
}

void receive_packet(CalloutHandle& handle) {
  Pkt6Ptr query;
  handle.getArgument("query6", query);
  const auto type = query->getType();
  if (type != DHCPV6_SOLICIT && type != DHCPV6_REQUEST && type != DHCPV6_RENEW && type != DHCPV6_REBIND) return;
  const DuidPtr duid = query->getClientId();
  if (!duid) return;  // Kea drops it
  for (const Lease6Ptr& lease : LeaseMgrFactory::instance().getLeases6(*duid)) {
    if (lease->type_ != Lease::TYPE_NA || lease->stateDeclined() || !giver->has_rule(lease->subnet_id_)) continue;
    const auto packet = look_up(handle, *duid);
    if (!packet) {
      LOG_ERROR(logger, "WAYMARK_UNREADABLE").arg(duid->toText()).arg(packet.error().sentence);
      return handle.setStatus(CalloutHandle::NEXT_STEP_DROP);
    }
    const auto& client = (*packet)->client;
    const auto right = client ? giver->choose(*client, lease->subnet_id_) : std::nullopt;
    if (!right || *right != from_kea(lease->addr_))
      take_away(lease, !client ? "no provisioned client has this DUID"
                       : right ? "the client has " + text(*right)
                               : "the client has no address in this subnet");
  }
}

// The address for a new lease; or why there is none.
waymark::Result<Address> address_for(CalloutHandle& handle, const Lease6& lease) {
  const auto looked = look_up(handle, *lease.duid_);
  if (!looked) return looked.error();
  Packet& packet = **looked;
  if (packet.iaid && *packet.iaid != lease.iaid_)
    return Error{"a client has one address, and another IA_NA of this packet has it"};
  if (!packet.client) {
    auto made = giver->make(lease.subnet_id_, packet.name, now());
    if (!made) return made.error();
    packet.client = std::move(*made);
    LOG_INFO(logger, "WAYMARK_NEW").arg("client " + packet.name).arg(text(packet.client->address));
  }
  const auto address = giver->choose(*packet.client, lease.subnet_id_);
  if (!address)
    return Error{"client " + packet.name + " has " + text(packet.client->address) +
                 ", which the subnet does not hold: `waymark provision move` gives it another one"};
  const Lease6Ptr holder = LeaseMgrFactory::instance().getLease6(Lease::TYPE_NA, to_kea(*address));
  const bool own = holder && holder->duid_ && *holder->duid_ == *lease.duid_;
  if (holder && (holder->stateExpiredReclaimed() || (own && holder->iaid_ == lease.iaid_)))
    take_away(holder, "its time was over, or its subnet is another one now");
  else if (holder)
    return Error{text(*address) + (holder->stateDeclined()
                                       ? " was declined, as another host uses it; Kea waits for its "
                                         "decline-probation-period"
                                   : own ? " is leased to another IA_NA of this client"
                                         : " is leased to another client, " + holder->duid_->toText())};
  packet.iaid = lease.iaid_;
  return *address;
}

void select_lease(CalloutHandle& handle) {
  Lease6Ptr lease;
  handle.getArgument("lease6", lease);
  if (!lease || !lease->duid_ || lease->type_ != Lease::TYPE_NA || !giver->has_rule(lease->subnet_id_)) return;
  if (const auto address = address_for(handle, *lease)) {
    lease->addr_ = to_kea(*address);
    return;
  } else {
    LOG_INFO(logger, "WAYMARK_NONE").arg(lease->iaid_).arg(lease->subnet_id_).arg(address.error().sentence);
  }
  handle.setStatus(CalloutHandle::NEXT_STEP_SKIP);
}

void send_packet(CalloutHandle& handle) {
  const auto packet = packet_of(handle);
  Pkt6Ptr response;
  handle.getArgument("response6", response);
  if (!packet || !packet->client || packet->client->former.empty() || !response) return;
  for (const auto& option : response->options_) {
    const auto ia = boost::dynamic_pointer_cast<Option6IA>(option.second);
    if (!ia || ia->getType() != D6O_IA_NA) continue;
    std::vector<Option6IAAddrPtr> addresses;
    std::vector<waymark::kea::Told> told;
    for (const auto& inner : ia->getOptions()) {
      const auto one = boost::dynamic_pointer_cast<Option6IAAddr>(inner.second);
      if (!one) continue;
      addresses.push_back(one);
      told.push_back({from_kea(one->getAddress()), one->getPreferred(), one->getValid()});
    }
    giver->tell_former(*packet->client, told, now());
    for (std::size_t i = 0; i < told.size(); ++i) {
      addresses[i]->setPreferred(told[i].preferred);
      addresses[i]->setValid(told[i].valid);
    }
  }
}

// Kea refuses a configuration that this refuses.
void configured(CalloutHandle& handle) {
  isc::data::ConstElementPtr config;
  handle.getArgument("json_config", config);
  const auto good = giver->take_subnets(config ? config->str() : "");
  if (good) return;
  LOG_ERROR(logger, "WAYMARK_REFUSED").arg(good.error().sentence);
  handle.setArgument("error", good.error().sentence);
  handle.setStatus(CalloutHandle::NEXT_STEP_DROP);
}

// No exception goes into Kea, which would take it for a reason to go on without us.
template <class Callout>
int guarded(CalloutHandle& handle, Callout callout) {
  const std::lock_guard lock(one_at_a_time);
  if (handle.getStatus() == CalloutHandle::NEXT_STEP_DROP) return 0;  // by another hook
  try {
    callout(handle);
  } catch (const std::exception& failure) {
    LOG_ERROR(logger, "WAYMARK_UNREADABLE").arg("a client").arg(failure.what());
    handle.setStatus(handle.getHookName() == "lease6_select" ? CalloutHandle::NEXT_STEP_SKIP
                                                             : CalloutHandle::NEXT_STEP_DROP);
  }
  return 0;
}

}  // namespace

extern "C" {

int version() { return KEA_HOOKS_VERSION; }
int multi_threading_compatible() { return 1; }

int load(LibraryHandle& handle) {
  try {
    const auto json = handle.getParameters();
    const auto parameters = waymark::kea::parse_parameters(json ? json->str() : "");
    auto opened = parameters ? Giver::open(*parameters) : waymark::Result<Giver>(parameters.error());
    if (opened) {
      giver = std::make_unique<Giver>(std::move(*opened));
      LOG_INFO(logger, "WAYMARK_LOADED").arg(parameters->config);
      return 0;
    }
    LOG_ERROR(logger, "WAYMARK_REFUSED").arg(opened.error().sentence);
  } catch (const std::exception& failure) {
    LOG_ERROR(logger, "WAYMARK_REFUSED").arg(failure.what());
  }
  return 1;
}

int unload() {
  giver.reset();
  return 0;
}

int pkt6_receive(CalloutHandle& handle) { return guarded(handle, receive_packet); }
int lease6_select(CalloutHandle& handle) { return guarded(handle, select_lease); }
int pkt6_send(CalloutHandle& handle) { return guarded(handle, send_packet); }
int dhcp6_srv_configured(CalloutHandle& handle) { return guarded(handle, configured); }
}
