#include "cli/trace.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/address_text.h"
#include "cli/load.h"
#include "cli/packet_text.h"
#include "core/complain.h"
#include "core/steer.h"
#include "core/tunnel.h"
#include "engine/replay/pcap.h"
#include "roles/role.h"

namespace waymark::cli {

namespace {

const char* text(PinState state) {
  switch (state) {
    case PinState::embryonic:
      return "embryonic: one packet so far";
    case PinState::proven:
      return "proven";
    case PinState::closing:
      return "closing: FIN or RST was seen";
    case PinState::datagram:
      return "proven, without connections";
  }
  return "unknown";
}

std::string mapping_text(u64 kind) {
  return kind == kMapExplicit ? "an explicit map" : kind == kMapEmbedded ? "an embedding prefix" : "nothing";
}

std::string answer_text(u64 kind, u64 complaint, u64 rest) {
  if (kind == u64(AnswerKind::reset)) return "its server died: the client is sent a reset";
  if (kind == u64(AnswerKind::unreachable)) return "its server died: the client is sent a port unreachable";
  if (kind == u64(AnswerKind::echo)) return "answered as the translator's own ping";
  if (kind == u64(AnswerKind::pinged)) return "answered as a ping of the service's address";
  if (kind == u64(AnswerKind::closed))
    return complaint ? "no service has its port: the client is sent a port unreachable"
                     : "no service has its port: the client is sent a reset";
  return fmt::format("its sender is told by ICMPv{} {}/{}, second word {}", complaint & kComplainIp6 ? 6 : 4,
                     complaint >> 8 & 0xff, complaint & 0xff, rest);
}

std::string zone_name(const Config& config, u64 number) {
  const auto is = [&](const std::string& name) { return zone_of(name.data(), u32(name.size())) == number; };
  for (const InterfaceConfig& interface : config.engine.interfaces)
    if (is(interface.zone)) return interface.zone;
  return "number " + std::to_string(number);
}

std::string tunnel_text(const Encapsulation& e) {
  constexpr const char* kNames[] = {"IP-in-IP", "GUE", "GRE", "VXLAN"};
  return e.has_key ? fmt::format("{} {} {}", kNames[e.kind], e.kind == kTunnelVxlan ? "VNI" : "key", e.key)
                   : kNames[e.kind];
}

std::string protocol_name(u64 protocol) {
  return protocol == kProtoTcp ? "TCP" : protocol == kProtoUdp ? "UDP" : fmt::format("protocol {}", protocol);
}

}  // namespace

Tracer::Tracer(Scene& scene, const Config& config, Feed feed)
    : scene_(scene), config_(config), feed_(std::move(feed)), tunnel_ports_(tunnel_ports_of(config)) {}

std::string Tracer::target(u32 slot) const {
  const SlotName& name = scene_.node().live().slot_names[slot];
  return fmt::format("target {} of service {} (slot {})", name.target, name.service, slot);
}

std::string Tracer::line(const StepSeen& s, Role whose) const {
  Live& live = scene_.node().live();
  switch (s.step) {
    case Step::received:
      return fmt::format("received on {}{}{}", scene_.interface_name(u32(s.a)),
                         s.b ? fmt::format(", VLAN {}", s.b) : "", s.c ? fmt::format(" and {} within", s.c) : "");
    case Step::steered: {
      const Descriptor& role = descriptor_of(Role(s.a));
      const char* what = s.c == 1 ? role.prefix_text : s.c == 2 && role.bare_text ? role.bare_text : role.address_text;
      return fmt::format("its destination is {}, in zone {}", what, zone_name(config_, s.b));
    }
    case Step::matched:
      if (whose != Role::director) {  // numbered as the file has them
        const Descriptor& of = descriptor_of(whose);
        return fmt::format("{} port {} is {} {}", protocol_name(s.c), s.b, of.thing, of.things(config_).at(s.a));
      }
      for (const SlotName& name : live.slot_names)
        if (name.service[0] && live.targets[u32(&name - live.slot_names.data())].service == s.a)
          return fmt::format("{} port {} is service {}", protocol_name(s.c), s.b, name.service);
      return fmt::format("{} port {} is the service with index {}", protocol_name(s.c), s.b, s.a);
    case Step::pin_found:
      return fmt::format("the flow is pinned to {}; the pin is {}", target(u32(s.a)), text(PinState(s.b)));
    case Step::pin_missing:
      return "no pin knows the flow";
    case Step::chosen:
      return fmt::format("the consistent choice ({} entries) gives {}", s.c, target(u32(s.a)));
    case Step::pinned:
      return fmt::format("pinned to {}; the pin is {}", target(u32(s.a)), text(PinState(s.b)));
    case Step::tunnel: {
      const Target& t = live.targets[u32(s.a)];
      const std::string way =
          s.c ? fmt::format("next hop {} on {}", waymark::text(live.adjacencies[u32(s.c)].destination),
                            scene_.interface_name(live.adjacencies[u32(s.c)].interface))
              : "no next hop is known";
      if (t.tunnel == kTunnelMac)
        return fmt::format("no tunnel: to the MAC address of {}, an IP packet of {} bytes; {}",
                           waymark::text(outer_destination(t)), s.b, way);
      if (t.tunnel == kTunnelRewrite)
        return fmt::format("no tunnel: its destination becomes {}, an IP packet of {} bytes; {}",
                           waymark::text(outer_destination(t)), s.b, way);
      return fmt::format("{} tunnel from {} to {}: an IP packet of {} bytes; {}", tunnel_text(encapsulation_of(t)),
                         waymark::text(outer_source(t)), waymark::text(outer_destination(t)), s.b, way);
    }
    case Step::tunnel_accepted:
      return fmt::format("{} tunnel from a listed director", tunnel_text({u8(s.a)}));
    case Step::answered:
      return answer_text(s.a, s.b, s.c);
    case Step::passed_on:
      return fmt::format("no socket here knows the flow: passed on to {}", target(u32(s.a)));
    case Step::mapped:
      return fmt::format("its destination is translated by {}, its source by {}", mapping_text(s.a), mapping_text(s.b));
    case Step::onward: {
      const char* now = whose == Role::edge ? "its addresses are the flow's" : "translated";
      return s.a == u64(WayKind::direct)
                 ? fmt::format("{}; onward by {}, MTU {}", now, scene_.interface_name(u32(s.b)), s.c)
                 : fmt::format("{}; onward by the kernel's routes", now);
    }
  }
  return "an unknown step";
}

std::string Tracer::trace(std::span<const u8> packet, LinkType link) {
  const std::vector<u8> frame = feed_.wrap(packet, link);
  const auto notes = scene_.engine().counters().notes;
  std::vector<StepSeen> steps;
  const Outcome outcome = scene_.receive(frame, feed_.interface(packet, link), &steps);

  std::string out = fmt::format("packet {} on {}: {} bytes, {}\n", ++packets_, feed_.name(packet, link), frame.size(),
                                describe(frame, tunnel_ports_));
  Role whose = Role::director;
  for (const StepSeen& step : steps) {
    if (step.step == Step::steered) whose = Role(step.a);
    out += "  " + line(step, whose) + "\n";
  }
  for (u32 n = 0; n < kNotes; ++n)
    if (scene_.engine().counters().notes[n] != notes[n])
      out += fmt::format("  note {}: {}\n", note_name(Note(n)), note_text(Note(n)));
  const ReasonText* reason = reason_text(outcome.verdict.reason);
  const Action action = outcome.verdict.action;
  out += fmt::format("  {}, {}: {}\n",
                     action == Action::forward ? "sent"
                     : action == Action::pass  ? "passed to the kernel"
                     : outcome.early           ? "held by the daemon"
                     : action == Action::punt  ? "finished by the daemon"
                                               : "dropped",
                     reason ? reason->name : "for a reason without a name", reason ? reason->sentence : "");
  if (action == Action::forward)
    out += fmt::format("  leaves by {}: {}\n", scene_.interface_name(outcome.out_interface),
                       describe(outcome.frame, tunnel_ports_));
  for (const auto& finished : outcome.frames) out += fmt::format("  leaves: {}\n", describe(finished, tunnel_ports_));
  if (action == Action::pass && outcome.frame != frame)
    out += fmt::format("  the kernel gets: {}\n", describe(outcome.frame, tunnel_ports_));
  return out;
}

namespace {

Status trace_capture(Tracer& tracer, Scene& scene, PcapReader& reader) {
  std::optional<std::chrono::nanoseconds> latest;
  for (;;) {
    const Result<std::optional<Frame>> next = reader.next();
    if (!next) return next.error();
    if (!*next) return Done{};
    if (latest && (*next)->epoch > *latest) scene.advance((*next)->epoch - *latest);
    latest = std::max(latest.value_or((*next)->epoch), (*next)->epoch);
    fmt::print("{}", tracer.trace((*next)->bytes, reader.link_type()));
  }
}

}  // namespace

int trace_command(const std::string& config_file, const std::vector<std::string>& what, const std::string& interface) {
  auto config = load_node(config_file);
  if (!config) return kFailed;
  auto made = Scene::make(*config);
  if (!made) return complain(made.error());
  Scene& scene = **made;
  const Result<Feed> feed = Feed::make(scene, *config, interface);
  if (!feed) return complain(feed.error());
  Tracer tracer(scene, *config, *feed);

  if (what.size() == 1 && (what[0] == "-" || access(what[0].c_str(), F_OK) == 0)) {
    Result<PcapReader> reader = PcapReader::open(what[0]);
    if (!reader) return complain(reader.error());
    if (const Status status = trace_capture(tracer, scene, *reader); !status) return complain(status.error());
    return 0;
  }
  std::string words;
  for (const std::string& word : what) words += word + " ";
  for (size_t at = 0; at < words.size();) {
    const size_t end = std::min(words.find(',', at), words.size());
    const Result<WrittenPacket> packet = parse_packet(std::string_view(words).substr(at, end - at));
    if (!packet) return complain(packet.error());
    fmt::print("{}", tracer.trace(packet->bytes, packet->link));
    at = end + 1;
  }
  return 0;
}

}  // namespace waymark::cli
