#include "signal/option_codec.h"

namespace waymark::signalling {

namespace {

using Why = std::optional<Reason>;

// A care-of address, or an agent's: unicast, and not of one link or host.
bool is_unicast(const Address& a) {
  const bool link_local = !is_ip4(a) && byte_of(a, 0) == 0xfe && (byte_of(a, 1) & 0xc0) == 0x80;
  return !is_martian_source(a) && !link_local;
}
// An IPv4-mapped address in a field for IPv6 would be read as one of IPv4.
bool is_unicast6(const Address& a) { return !is_ip4(a) && is_unicast(a); }

template <class T>
Why once(std::optional<T>& slot, const T& value) {
  if (slot) return Reason::option_twice;
  slot = value;
  return {};
}

template <class List, class T, class Same>
Why one_more(List& list, const T& value, Same same) {
  for (const T& other : list)
    if (same(other)) return Reason::option_twice;
  if (!list.add(value)) return Reason::option_count;
  return {};
}

bool has_host_bits(const Prefix& prefix) {
  for (u32 byte = 0; byte < 16; ++byte) {
    const u32 kept = prefix.length <= byte * 8 ? 0 : prefix.length - byte * 8;
    if (kept < 8 && byte_of(prefix.address, byte) & 0xff >> kept) return true;
  }
  return false;
}

Why read_prefix(Reader& in, Options& to) {
  in.number<u8>();  // reserved
  Prefix prefix;
  prefix.length = in.number<u8>();
  prefix.address = in.ip6();
  if (prefix.length > 128 || has_host_bits(prefix)) return Reason::prefix;
  if (is_ip4(prefix.address)) return Reason::address;
  return one_more(to.prefixes, prefix, [&](const Prefix& other) { return other == prefix; });
}

Why read_node(Reader& in, Options& to) {
  NodeIdentifier node;
  node.subtype = in.number<u8>();
  node.text.add(in.take(in.left()));
  return once(to.node, node);
}

Why read_mac(Reader& in, Options& to) {
  if (in.number<u8>() != kMnHa) return Reason::authentication;
  if (in.left() != sizeof(u32) + sizeof(MnHa::value)) return Reason::option_length;
  MnHa mac;
  mac.spi = in.number<u32>();
  if (mac.spi < kLeastSpi) return Reason::authentication;
  const ByteView value = in.take(mac.value.size());
  std::copy(value.begin(), value.end(), mac.value.begin());
  return once(to.mac, mac);
}

Why read_stamp(Reader& in, Options& to) {
  Stamp stamp;
  stamp.epoch = in.number<u32>();
  stamp.sequence = in.number<u32>();
  return once(to.stamp, stamp);
}

Why read_vendor(Reader& in, Options& to) {
  VendorSpecific vendor;
  vendor.vendor = in.number<u32>();
  vendor.subtype = in.number<u8>();
  vendor.data.add(in.take(in.left()));
  return one_more(to.vendors, vendor, [](const VendorSpecific&) { return false; });
}

Why read_ip4_home(Reader& in, Options& to) {
  Ip4Home home;
  const u16 word = in.number<u16>();
  home.length = u8(word >> 10);
  home.wants_prefix = word & kIp4WantsPrefix;
  home.address = in.ip4();
  if (!home.length || home.length > 32) return Reason::prefix;
  return one_more(to.ip4_homes, home, [&](const Ip4Home& other) { return other.wants_prefix == home.wants_prefix; });
}

Why read_ip4_acknowledged(Reader& in, Options& to) {
  Ip4Acknowledged acknowledged;
  acknowledged.status = Ip4Status(in.number<u8>());
  acknowledged.length = in.number<u8>() >> 2;
  acknowledged.address = in.ip4();
  if (acknowledged.length > 32) return Reason::prefix;
  return one_more(to.ip4_acknowledged, acknowledged, [](const Ip4Acknowledged&) { return false; });
}

Why read_ip4_care_of(Reader& in, Options& to) {
  in.number<u16>();  // reserved
  const Address address = in.ip4();
  return is_unicast(address) ? once(to.ip4_care_of, address) : Reason::address;
}

Why read_binding(Reader& in, bool update, Options& to) {
  BindingIdentifier binding;
  binding.id = in.number<u16>();
  binding.status = BindingStatus(in.number<u8>());
  binding.at_home = in.number<u8>() & 0x80;
  if (!binding.id) return Reason::identifier;
  if (in.left()) {
    binding.care_of = in.left() == 4 ? in.ip4() : in.ip6();
    if (!update || !is_unicast(*binding.care_of)) return Reason::address;
  }
  return one_more(to.bindings, binding, [&](const BindingIdentifier& other) { return other.id == binding.id; });
}

// A binding reference (RFC 6089, 4.2.1.3).
Why read_references(Reader in, Flow& flow) {
  if (!in.left() || in.left() % 2) return Reason::option_length;
  if (!flow.bindings.empty()) return Reason::option_twice;
  while (in.left()) {
    const u16 id = in.number<u16>();
    if (!id) return Reason::identifier;
    if (!flow.bindings.add(id)) return Reason::option_count;
  }
  return {};
}

// A sub-option's length never counts its type and length, PadN's included (RFC 6089, 4.2.1).
Why read_flow(Reader& in, Options& to, u16& unknown) {
  Flow flow;
  flow.id = in.number<u16>();
  flow.priority = in.number<u16>();
  in.number<u8>();  // reserved
  flow.status = FlowStatus(in.number<u8>());
  if (!flow.id || !flow.priority) return Reason::identifier;
  while (in.left()) {
    const u8 type = in.number<u8>();
    if (type == kPad1.type) continue;
    const ByteView data = in.take(in.number<u8>());
    if (!in.good()) return Reason::option_overruns;
    Why why;
    if (type == kSubSelector) {
      Selector selector;
      if (flow.selector) return Reason::option_twice;
      why = read_selector(data, selector);
      flow.selector = selector;
    } else if (type == kSubBindings) {
      why = read_references(Reader(data), flow);
    } else if (type != kPadN.type) {
      ++unknown;
    }
    if (why) return why;
  }
  return one_more(to.flows, flow,
                  [&](const Flow& other) { return other.id == flow.id || other.priority == flow.priority; });
}

Why read_redirect(Reader& in, Options& to) {
  const u16 flags = in.number<u16>() & (kRedirectIp6 | kRedirectIp4);
  const bool ip6 = flags == kRedirectIp6;
  if ((!ip6 && flags != kRedirectIp4) || in.left() != (ip6 ? 16u : 4u)) return Reason::option_length;
  const Address address = ip6 ? in.ip6() : in.ip4();
  return is_ip4(address) != ip6 && is_unicast(address) ? once(to.redirect, address) : Reason::address;
}

Why read_load(Reader& in, Options& to) {
  Load load;
  load.priority = in.number<u16>();
  for (u32* field : {&load.sessions_in_use, &load.most_sessions, &load.used_capacity, &load.most_capacity})
    *field = in.number<u32>();
  return once(to.load, load);
}

// The lengths that an option's data may have; none where its type is not known.
bool has_length(u8 type, size_t size, bool& known) {
  known = true;
  switch (type) {
    case kRefreshAdvice.type:
    case kRedirectCapability.type:
      return size == 2;
    case kRestartCounter.type:
      return size == 4;
    case kIp4Home.type:
    case kIp4Acknowledged.type:
    case kIp4CareOf.type:
      return size == 6;
    case kReplayProtection.type:
      return size == 8;
    case kAlternateCareOf.type:
      return size == 16;
    case kNetworkPrefix.type:
    case kLoad.type:
      return size == 18;
    case kBindingIdentifier.type:
      return size == 4 || size == 8 || size == 20;
    case kNodeIdentifier.type:
    case kRedirect.type:
      return size >= 2;
    case kVendorSpecific.type:
    case kAuthentication.type:
      return size >= 5;
    case kFlow.type:
      return size >= 6;
  }
  return known = false;
}

Why read_option(u8 type, Reader in, bool update, Options& to, u16& unknown) {
  bool known;
  if (!has_length(type, in.left(), known)) {
    if (known) return Reason::option_length;
    ++unknown;
    return {};
  }
  switch (type) {
    case kRefreshAdvice.type:
      return once(to.refresh_advice, in.number<u16>());
    case kAlternateCareOf.type: {
      const Address address = in.ip6();
      return is_unicast6(address) ? once(to.alternate_care_of, address) : Reason::address;
    }
    case kNetworkPrefix.type:
      return read_prefix(in, to);
    case kNodeIdentifier.type:
      return read_node(in, to);
    case kAuthentication.type:
      return read_mac(in, to);
    case kReplayProtection.type:
      return read_stamp(in, to);
    case kVendorSpecific.type:
      return read_vendor(in, to);
    case kRestartCounter.type:
      return once(to.restart_counter, in.number<u32>());
    case kIp4Home.type:
      return read_ip4_home(in, to);
    case kIp4Acknowledged.type:
      return read_ip4_acknowledged(in, to);
    case kIp4CareOf.type:
      return read_ip4_care_of(in, to);
    case kBindingIdentifier.type:
      return read_binding(in, update, to);
    case kFlow.type:
      return read_flow(in, to, unknown);
    case kRedirect.type:
      return read_redirect(in, to);
    case kLoad.type:
      return read_load(in, to);
    default:  // kRedirectCapability, whose data is reserved
      if (to.redirect_capable) return Reason::option_twice;
      to.redirect_capable = true;
      return {};
  }
}

}  // namespace

bool read_options(Reader& in, bool update, Options& to, u16& unknown, Refusal& refusal) {
  while (in.left()) {
    refusal.at = u16(in.at());
    const u8 type = in.number<u8>();
    Why why;
    if (to.mac) {
      why = Reason::option_after_mac;
    } else if (type != kPad1.type) {
      const ByteView data = in.take(in.number<u8>());
      if (!in.good())
        why = Reason::option_overruns;
      else if (type != kPadN.type)
        why = read_option(type, Reader(data), update, to, unknown);
    }
    if (why) return refusal.reason = *why, false;
  }
  return true;
}

}  // namespace waymark::signalling
