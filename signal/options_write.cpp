#include "signal/option_codec.h"

namespace waymark::signalling {

namespace {

void pad(Writer& out, size_t count) {
  if (count == 0) return;
  if (count == 1) return out.number(kPad1.type);
  out.number(kPadN.type);
  out.number(u8(count - 2));
  out.zeros(count - 2);
}

// Calls `data` between type and length and the next option.
template <class Data>
void option(Writer& out, OptionType to, Data data) {
  pad(out, (to.x + to.y - out.size() % to.x) % to.x);
  out.number(to.type);
  out.number(u8(0));
  const size_t begin = out.size();
  data();
  if (out.good()) out.bytes()[begin - 1] = u8(out.size() - begin);
}

void write_binding(Writer& out, const BindingIdentifier& binding) {
  option(out, binding.care_of ? kBindingWithCareOf : kBindingIdentifier, [&] {
    out.number(binding.id);
    out.number(u8(binding.status));
    out.number(u8(binding.at_home ? 0x80 : 0));
    if (binding.care_of) is_ip4(*binding.care_of) ? out.ip4(*binding.care_of) : out.ip6(*binding.care_of);
  });
}

void write_flow(Writer& out, const Flow& flow) {
  option(out, kFlow, [&] {
    out.number(flow.id);
    out.number(flow.priority);
    out.number(u8(0));
    out.number(u8(flow.status));
    if (flow.selector) option(out, {kSubSelector}, [&] { write_selector(out, *flow.selector); });
    if (!flow.bindings.empty())
      option(out, {kSubBindings, 2, 0}, [&] {
        for (u16 id : flow.bindings) out.number(id);
      });
  });
}

void write_ip4(Writer& out, const Options& options) {
  for (const Ip4Home& home : options.ip4_homes)
    option(out, kIp4Home, [&] {
      out.number(u16(home.length << 10 | (home.wants_prefix ? kIp4WantsPrefix : 0)));
      out.ip4(home.address);
    });
  for (const Ip4Acknowledged& acknowledged : options.ip4_acknowledged)
    option(out, kIp4Acknowledged, [&] {
      out.number(u8(acknowledged.status));
      out.number(u8(acknowledged.length << 2));
      out.ip4(acknowledged.address);
    });
  if (options.ip4_care_of)
    option(out, kIp4CareOf, [&] {
      out.zeros(2);
      out.ip4(*options.ip4_care_of);
    });
}

void write_of_agents(Writer& out, const Options& options) {  // RFC 6463
  if (options.redirect_capable) option(out, kRedirectCapability, [&] { out.zeros(2); });
  if (options.redirect)
    option(out, kRedirect, [&] {
      const bool ip4 = is_ip4(*options.redirect);
      out.number(ip4 ? kRedirectIp4 : kRedirectIp6);
      ip4 ? out.ip4(*options.redirect) : out.ip6(*options.redirect);
    });
  if (options.load)
    option(out, kLoad, [&] {
      out.number(options.load->priority);
      for (u32 field : {options.load->sessions_in_use, options.load->most_sessions, options.load->used_capacity,
                        options.load->most_capacity})
        out.number(field);
    });
}

}  // namespace

void write_options(Writer& out, const Options& options) {
  if (options.refresh_advice) option(out, kRefreshAdvice, [&] { out.number(*options.refresh_advice); });
  if (options.alternate_care_of) option(out, kAlternateCareOf, [&] { out.ip6(*options.alternate_care_of); });
  for (const Prefix& prefix : options.prefixes)
    option(out, kNetworkPrefix, [&] {
      out.number(u8(0));
      out.number(prefix.length);
      out.ip6(prefix.address);
    });
  if (options.node)
    option(out, kNodeIdentifier, [&] {
      out.number(options.node->subtype);
      out.put({options.node->text.data(), options.node->text.size()});
    });
  if (options.stamp)
    option(out, kReplayProtection, [&] {
      out.number(options.stamp->epoch);
      out.number(options.stamp->sequence);
    });
  if (options.restart_counter) option(out, kRestartCounter, [&] { out.number(*options.restart_counter); });
  write_ip4(out, options);
  for (const BindingIdentifier& binding : options.bindings) write_binding(out, binding);
  for (const Flow& flow : options.flows) write_flow(out, flow);
  write_of_agents(out, options);
  for (const VendorSpecific& vendor : options.vendors)
    option(out, kVendorSpecific, [&] {
      out.number(vendor.vendor);
      out.number(vendor.subtype);
      out.put({vendor.data.data(), vendor.data.size()});
    });
  if (options.mac)
    option(out, kAuthentication, [&] {
      out.number(kMnHa);
      out.number(options.mac->spi);
      out.put(options.mac->value);
    });
  else
    pad(out, (8 - out.size() % 8) % 8);
}

}  // namespace waymark::signalling
