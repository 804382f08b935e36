#include <fmt/format.h>

#include "base/address_text.h"
#include "signal/message.h"

namespace waymark::signalling {

namespace {

// What is no printable ASCII, or would end a quotation, is shown as its number: "\x0a".
std::string printable(ByteView bytes) {
  std::string out;
  for (u8 byte : bytes) {
    if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\')
      out += char(byte);
    else
      out += fmt::format("\\x{:02x}", byte);
  }
  return out;
}

std::string flags(u16 set, u16 first, std::string_view letters) {
  std::string out;
  for (char letter : letters) {
    if (set & first) out += letter;
    first >>= 1;
  }
  return out.empty() ? "no flags" : out;
}

std::string lifetime(u16 units) { return fmt::format("{} s", duration_of(units).count()); }

struct Head {
  std::string operator()(const RefreshRequest&) const { return "Binding Refresh Request"; }
  std::string operator()(const Update& u) const {
    return fmt::format("Binding Update {}, {}, {}", u.sequence, flags(u.flags, kAcknowledge, "AHLKMRPFTO"),
                       lifetime(u.lifetime));
  }
  std::string operator()(const Acknowledgement& a) const {
    return fmt::format("Binding Acknowledgement {}, status {} ({}), {}, {}", a.sequence, u8(a.status),
                       name_of(a.status), flags(a.flags, kAckKeyManagement, "KRPT"), lifetime(a.lifetime));
  }
  std::string operator()(const BindingError& e) const {
    return fmt::format("Binding Error, status {} ({}), home {}", u8(e.status), name_of(e.status), text(e.home));
  }
  std::string operator()(const Heartbeat& h) const {
    return fmt::format("Heartbeat {} {}{}", h.response ? "response" : "request", h.sequence,
                       h.unsolicited ? ", unsolicited" : "");
  }
  std::string operator()(const Revocation& r) const {
    return fmt::format("Binding Revocation Indication {}, trigger {} ({}), {}", r.sequence, u8(r.trigger),
                       name_of(r.trigger), flags(r.flags, kRevokeProxy, "PVG"));
  }
  std::string operator()(const RevocationAcknowledgement& a) const {
    return fmt::format("Binding Revocation Acknowledgement {}, status {} ({}), {}", a.sequence, u8(a.status),
                       name_of(a.status), flags(a.flags, kRevokeProxy, "PVG"));
  }
};

template <class T>
void add_range(std::string& out, std::string_view name, const std::optional<Range<T>>& range) {
  auto one = [](const T& value) {
    if constexpr (std::is_same_v<T, Address>)
      return text(value);
    else
      return std::to_string(value);
  };
  if (!range) return;
  out += fmt::format(" {} {}", name, one(range->first));
  if (!(range->first == range->last)) out += "-" + one(range->last);
}

std::string flow_text(const Flow& flow) {
  std::string out = fmt::format(", flow {} priority {}", flow.id, flow.priority);
  if (flow.status != FlowStatus::accepted) out += fmt::format(" status {} ({})", u8(flow.status), name_of(flow.status));
  if (const auto& s = flow.selector) {
    out += s->ip6 ? " IPv6" : " IPv4";
    add_range(out, "source", s->source);
    add_range(out, "destination", s->destination);
    add_range(out, "protocol", s->protocol);
    add_range(out, "source port", s->source_port);
    add_range(out, "destination port", s->destination_port);
    add_range(out, "traffic class", s->traffic_class);
    add_range(out, "flow label", s->flow_label);
    add_range(out, "SPI", s->spi);
  }
  for (u16 id : flow.bindings) out += fmt::format(" to binding {}", id);
  return out;
}

std::string binding_text(const BindingIdentifier& binding) {
  std::string out = fmt::format(", binding {}", binding.id);
  if (binding.care_of) out += " at " + text(*binding.care_of);
  if (binding.status != BindingStatus::accepted)
    out += fmt::format(" status {} ({})", u8(binding.status), name_of(binding.status));
  if (binding.at_home) out += " beside the home link";
  return out;
}

}  // namespace

std::string text(const Message& message) {
  const Options& o = message.options;
  std::string out = std::visit(Head{}, message.body);
  if (o.node) out += fmt::format(", node \"{}\"", printable({o.node->text.data(), o.node->text.size()}));
  if (o.alternate_care_of) out += ", care-of " + text(*o.alternate_care_of);
  if (o.ip4_care_of) out += ", care-of " + text(*o.ip4_care_of);
  for (const Ip4Home& home : o.ip4_homes)
    out += fmt::format(", IPv4 {} {}/{}", home.wants_prefix ? "prefix" : "home", text(home.address), home.length);
  for (const Ip4Acknowledged& a : o.ip4_acknowledged)
    out += fmt::format(", IPv4 home {}/{} status {} ({})", text(a.address), a.length, u8(a.status), name_of(a.status));
  for (const Prefix& prefix : o.prefixes) out += fmt::format(", prefix {}/{}", text(prefix.address), prefix.length);
  for (const BindingIdentifier& binding : o.bindings) out += binding_text(binding);
  for (const Flow& flow : o.flows) out += flow_text(flow);
  if (o.refresh_advice) out += ", refresh after " + lifetime(*o.refresh_advice);
  if (o.restart_counter) out += fmt::format(", restart counter {}", *o.restart_counter);
  if (o.redirect_capable) out += ", can be redirected";
  if (o.redirect) out += ", redirected to " + text(*o.redirect);
  if (o.load)
    out += fmt::format(", priority {}, sessions {} of {}, capacity {} of {} kB/s", o.load->priority,
                       o.load->sessions_in_use, o.load->most_sessions, o.load->used_capacity, o.load->most_capacity);
  for (const VendorSpecific& vendor : o.vendors)
    out += fmt::format(", vendor {} subtype {} with {} bytes", vendor.vendor, vendor.subtype, vendor.data.size());
  if (o.stamp) out += fmt::format(", stamp {}:{}", o.stamp->epoch, o.stamp->sequence);
  if (o.mac) out += fmt::format(", SPI {}", o.mac->spi);
  return out;
}

}  // namespace waymark::signalling
