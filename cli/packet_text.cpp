#include "cli/packet_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/address_text.h"
#include "core/inner.h"
#include "engine/replay/packet_build.h"

namespace waymark::cli {

namespace {

constexpr struct {
  const char* name;
  u8 bit;
} kFlags[] = {{"syn", kTcpSyn}, {"ack", kTcpAck}, {"fin", kTcpFin}, {"rst", kTcpRst}, {"psh", kTcpPsh}};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (char c : text) {
    if (!std::isspace(static_cast<unsigned char>(c))) {
      word += char(std::tolower(static_cast<unsigned char>(c)));
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

std::optional<u32> number_in(std::string_view word, u32 least, u32 most) {
  u32 n = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), n);
  if (error != std::errc() || end != word.data() + word.size() || n < least || n > most) return std::nullopt;
  return n;
}

// Bytes in hexadecimal, however they are grouped; nothing where it is anything else.
std::optional<std::vector<u8>> hexadecimal(std::string_view text) {
  std::vector<u8> bytes;
  int digits = 0;
  for (char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) || c == ':') continue;
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    if (digits++ % 2) {
      bytes.back() = u8(bytes.back() << 4 | digit);
    } else {
      bytes.push_back(u8(digit));
    }
  }
  if (digits == 0 || digits % 2) return std::nullopt;
  return bytes;
}

// An IP packet says its own length; no Ethernet frame is taken for one unless its first bytes lie very well.
bool is_whole_ip(std::span<const u8> bytes) {
  if (bytes.size() >= 20 && bytes[0] >> 4 == 4) return size_t(bytes[2] << 8 | bytes[3]) == bytes.size();
  if (bytes.size() >= 40 && bytes[0] >> 4 == 6) return size_t(bytes[4] << 8 | bytes[5]) + 40 == bytes.size();
  return false;
}

Status read_options(PacketPlan& plan, const std::vector<std::string>& words) {
  u8 flags = 0;
  for (size_t i = 3; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "len" || word == "ttl") {
      const auto n = i + 1 < words.size() ? number_in(words[i + 1], 0, word == "len" ? 60'000 : 255) : std::nullopt;
      if (!n)
        return Error{fmt::format("\"{}\" is followed by a whole number, up to {}", word, word == "len" ? 60'000 : 255)};
      ++i;
      if (word == "len") plan.payload = *n;
      if (word == "ttl") plan.hops = u8(*n);
      continue;
    }
    const auto* flag = std::find_if(std::begin(kFlags), std::end(kFlags), [&](auto& f) { return word == f.name; });
    if (flag == std::end(kFlags) || plan.protocol != kProtoTcp)
      return Error{fmt::format(
          "\"{}\" is neither a TCP flag (syn, ack, fin, rst, psh) of a TCP packet, nor \"len\" or \"ttl\"", word)};
    flags = u8(flags | flag->bit);
  }
  if (flags) plan.tcp_flags = flags;
  return Done{};
}

Result<Endpoint> endpoint_of(const std::string& word, bool with_port) {
  if (with_port) return parse_endpoint(word);
  const Result<Address> address = parse_address(word);
  if (!address) return address.error();
  return Endpoint{*address, 0};
}

std::string describe_transport(const View& v, const Packet& p) {
  if (p.protocol == kProtoTcp) {
    std::string flags;
    for (const auto& f : kFlags)
      if (p.tcp_flags & f.bit) flags += (flags.empty() ? "" : "+") + std::string(f.name);
    return fmt::format("TCP {} > {} {}", p.source_port, p.destination_port, flags.empty() ? "without flags" : flags);
  }
  if (p.protocol == kProtoUdp) return fmt::format("UDP {} > {}", p.source_port, p.destination_port);
  if (p.protocol == kProtoIcmp4 || p.protocol == kProtoIcmp6)
    if (const auto* icmp = v.at<Icmp>(p.l4))
      return fmt::format("{} type {} code {}", p.ip6 ? "ICMPv6" : "ICMP", icmp->type, icmp->code);
  return fmt::format("protocol {}", p.protocol);
}

constexpr u32 kMostLayers = 4;

struct Looking {  // as much of an Env as finding what is in a tunnel takes
  View v;
  View view() const { return v; }
};

std::string describe_ip(const View& v, u32 l3, u16 type, const TunnelPorts& ports, u32 layers) {
  Packet p{};
  p.l3 = l3;
  if (ended(parse_ip(v, p, type))) return "no whole IP header";
  std::string out = fmt::format("{} {} > {}", p.ip6 ? "IPv6" : "IPv4", text(p.source), text(p.destination));
  if (p.hops <= 1) out += fmt::format(" (hop limit {})", p.hops);
  // Judged up to the frame's end: what is cut short is told as far as it goes.
  if (const Verdict end = validate(v, p, u32(v.end - v.begin)); ended(end)) {
    if (end.reason == parse::why::fragment.reason) return out + ", a fragment";
    if (end.reason != parse::why::land.reason && end.reason != parse::why::martian_source.reason)
      return out + ", malformed";
    p.source_port = p.destination_port = 0;
    return out + fmt::format(", protocol {}", p.protocol);
  }
  const Looking at{v};
  Inner inner = find_inner(at, p, kTunnelIp);
  if (p.protocol == kProtoUdp && ports.gue.contains(p.destination_port)) {
    inner = find_in_gue(at, p);
    out += fmt::format(", GUE {} > {}", p.source_port, p.destination_port);
  } else if (p.protocol == kProtoUdp && ports.vxlan.contains(p.destination_port)) {
    inner = find_in_vxlan(at, p);
    out += fmt::format(", VXLAN {} > {}", p.source_port, p.destination_port);
    if (inner.has_key) out += fmt::format(" VNI {}", inner.key);
  } else if (p.protocol == kProtoGre) {
    inner = find_in_gre(at, p);
    out += ", GRE";
    if (inner.has_key) out += fmt::format(" key {}", inner.key);
  }
  if (inner.type && layers > 0) return out + " | " + describe_ip(v, inner.offset, inner.type, ports, layers - 1);
  return out + ", " + describe_transport(v, p);
}

}  // namespace

std::string text(const Endpoint& e) {
  return (is_ip4(e.address) ? text(e.address) : "[" + text(e.address) + "]") + ":" + std::to_string(e.port);
}

Result<Endpoint> parse_endpoint(std::string_view written) {
  const Error wrong{fmt::format("\"{}\" is no address and port such as 192.0.2.1:80 or [2001:db8::1]:80", written)};
  const auto colon = written.rfind(':');
  if (colon == written.npos) return wrong;
  std::string_view address = written.substr(0, colon);
  const bool brackets = address.size() > 2 && address.front() == '[' && address.back() == ']';
  if (brackets) address = address.substr(1, address.size() - 2);
  const Result<Address> parsed = parse_address(address);
  const auto port = number_in(written.substr(colon + 1), 0, 65'535);
  if (!parsed || !port || is_ip4(*parsed) == brackets) return wrong;
  return Endpoint{*parsed, u16(*port)};
}

Result<WrittenPacket> parse_packet(std::string_view written) {
  if (auto bytes = hexadecimal(written)) {
    if (bytes->size() > 65'535) return Error{"the packet has more than 65,535 bytes"};
    return WrittenPacket{is_whole_ip(*bytes) ? LinkType::raw : LinkType::ethernet, std::move(*bytes)};
  }
  const std::vector<std::string> words = words_of(written);
  PacketPlan plan;
  if (words.size() < 3 || (words[0] != "tcp" && words[0] != "udp" && words[0] != "icmp"))
    return Error{fmt::format(
        "\"{}\" is no packet: write hexadecimal bytes, or as in: tcp 192.0.2.1:4000 198.51.100.80:80 syn", written)};
  plan.protocol = words[0] == "tcp" ? kProtoTcp : words[0] == "udp" ? kProtoUdp : kProtoIcmp4;
  const bool ports = plan.protocol != kProtoIcmp4;
  const Result<Endpoint> source = endpoint_of(words[1], ports), destination = endpoint_of(words[2], ports);
  if (!source) return source.error();
  if (!destination) return destination.error();
  if (is_ip4(source->address) != is_ip4(destination->address))
    return Error{"a packet's two addresses are of one family"};
  plan.source = source->address, plan.source_port = source->port;
  plan.destination = destination->address, plan.destination_port = destination->port;
  WM_TRY(read_options(plan, words));
  return WrittenPacket{LinkType::raw, build_packet(plan)};
}

std::string describe(std::span<const u8> frame, const TunnelPorts& ports) {
  std::vector<u8> copy(frame.begin(), frame.end());  // the core's view is of packets that may be written
  const View v{copy.data(), copy.data() + copy.size()};
  Packet p{};
  Verdict verdict = kGoOn;
  const u16 type = parse_ethernet(v, p, verdict);
  if (ended(verdict)) return fmt::format("{} bytes, no whole Ethernet header", frame.size());
  const auto* ethernet = v.at<Ethernet>(0);
  std::string out = fmt::format("{} > {}", text(ethernet->source), text(ethernet->destination));
  if (p.l3 > sizeof(Ethernet)) out += fmt::format(", VLAN {}", p.outer_vlan);
  if (p.l3 > sizeof(Ethernet) + sizeof(Vlan)) out += fmt::format(", VLAN {}", p.inner_vlan);
  if (type != kEtherIp4 && type != kEtherIp6) return out + fmt::format(", EtherType {:04x}", type);
  return out + ", " + describe_ip(v, p.l3, type, ports, kMostLayers);
}

}  // namespace waymark::cli
