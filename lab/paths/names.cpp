#include "lab/paths/names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "base/address_text.h"
#include "lab/kit/netns.h"
#include "lab/paths/fabric.h"

namespace waymark::lab {
namespace {

const std::string kZone = "svc.lab";

// Between POPs 1, 2 and 3 measurements say what links cost. The others cost what the file says, so that no path depends
// on how busy the machine is.
struct LinkText {
  u32 a, b;
  const char* says;
};
constexpr LinkText kLinks[] = {{1, 2, "latency = \"1ms\""}, {1, 3, "latency = \"5ms\""}, {1, 4, "cost = 100"},
                               {1, 5, "cost = 100"},        {2, 3, "latency = \"5ms\""}, {2, 4, "cost = 100"},
                               {2, 5, "cost = 10"},         {3, 4, "cost = 160"},        {3, 5, "cost = 160"},
                               {4, 5, "cost = 10"}};

// The cheapest, once links are measured.
const std::vector<Known>& by_name() {
  static const std::vector<Known> all = {
      {"c1", "s1", {1, 2, 3}}, {"c1", "s2", {1, 2, 5, 4}}, {"c2", "s1", {5, 2, 3}}, {"c2", "s2", {5, 4}}};
  return all;
}

std::string joined(const std::vector<u32>& path) { return fmt::format("{}", fmt::join(path, ",")); }

// "id:16 path:5x8" behind a /40.
std::vector<u32> path_in(const Address& address) {
  std::array<u8, 16> bytes;
  store_address(bytes.data(), address);
  std::vector<u32> out;
  std::copy_if(bytes.begin() + 7, bytes.begin() + 12, std::back_inserter(out), [](u8 hop) { return hop != 0; });
  return out;
}

Result<Address> looked_up(const PathsSite& site, const std::string& client, const std::string& from,
                          const std::string& at, const std::string& server) {
  const auto said =
      run({.netns = site.netns(client),
           .argv = {"kdig", "@" + at, "-b", from, "+short", "+timeout=1", "+retry=0", name_of(server), "AAAA"}});
  if (!said) return said.error();
  const auto address = parse_address(said->substr(0, said->find('\n')));
  if (!address) return Error{fmt::format("{} has no address: {}", name_of(server), *said)};
  return *address;
}

// As a program does that knows nothing of paths: by the machine's resolver, which is unbound here.
Result<std::string> fetch_by_name(const PathsSite& site, const std::string& client, const std::string& server) {
  const std::string command =
      fmt::format("mount --bind {} /etc/resolv.conf && exec curl -sS --fail --max-time 5 http://{}/who",
                  site.file("resolv.conf"), name_of(server));
  return run({.netns = site.netns(client), .argv = {"unshare", "--mount", "sh", "-c", command}});
}

}  // namespace

std::string name_of(const std::string& server) { return server + "." + kZone; }

std::string names_config(const PathsSite& site, u32 pop) {
  std::string out;
  for (const LinkText& link : kLinks)
    out += fmt::format("\n[[path.link]]\nbetween = [{}, {}]\n{}\n", link.a, link.b, link.says);
  const auto member_at = [](u32 id) { return fmt::format("[{}]:6090", pop_address(id)); };
  out += fmt::format("\n[group]\nname = \"wan\"\nkey = \"{}\"\nlisten = \"{}\"\nwait = \"1s\"\n",
                     site.file("group.key"), member_at(pop));
  for (u32 other = 1; other <= kPopCount; ++other)
    if (other != pop)
      out += fmt::format("\n[[group.member]]\nname = \"{}\"\naddress = \"{}\"\n", site.instance(pop_name(other)),
                         member_at(other));
  if (pop != kNamesPop) return out;
  out += fmt::format(
      "\n[dns]\nlisten = \"{0}\"\nresolvers = \"{1}\"\nresolver_rate = 10000000\nttl = \"1s\"\n\n[[dns.zone]]\nname = "
      "\"{2}\"\n"
      "ns = \"ns.{2}\"\n\n[[dns.name]]\nname = \"ns.{2}\"\naddress = \"{0}\"\n",
      kNamesAt, kResolverAt, kZone);
  for (const std::string& server : kPathServers)
    out += fmt::format("\n[[dns.name]]\nname = \"{}\"\nserver = [{{ id = {} }}]\npolicy = \"web\"\n", name_of(server),
                       server_id(server));
  return out;
}

Status write_resolver(const PathsSite& site) {
  WM_TRY(write_file(site.file("resolv.conf"), "nameserver " + kResolverAt + "\noptions timeout:1 attempts:3\n"));
  return write_file(
      site.file(kResolver + ".unbound"),
      fmt::format("server:\n  directory: \"{0}\"\n  chroot: \"\"\n  username: \"\"\n  pidfile: \"\"\n"
                  "  use-syslog: no\n  do-ip4: no\n  interface: {1}\n  outgoing-interface: {1}\n"
                  "  access-control: 3fff:c00::/40 allow\n  module-config: \"subnetcache iterator\"\n"
                  "  send-client-subnet: {2}\n  max-client-subnet-ipv6: 128\n"
                  "stub-zone:\n  name: \"{3}\"\n  stub-addr: {2}\nremote-control:\n  control-enable: no\n",
                  site.file(""), kResolverAt, kNamesAt, kZone));
}

Result<Answered> answered(const PathsFabric& fabric, const std::string& client, const std::string& server) {
  const auto address = looked_up(fabric.site(), client, fabric.client_address(client), kNamesAt, server);
  if (!address) return address.error();
  return Answered{text(*address), path_in(*address)};
}

Status ask_names(const PathsFabric& fabric, Verdict& out) {
  for (const Known& known : by_name()) {
    const std::string who = fmt::format("{} asks for {}", known.client, name_of(known.server));
    const std::string& own = fabric.client_address(known.client);
    const auto address = looked_up(fabric.site(), known.client, own, kResolverAt, known.server);
    out.check(address && path_in(*address) == known.path,
              fmt::format("{}: unbound has an address by POPs {}", who,
                          address ? joined(path_in(*address)) : address.error().sentence));
    const auto seen = fetch_by_name(fabric.site(), known.client, known.server);
    out.check(seen && *seen == own + " " + known.server,
              fmt::format("{}, and curl by name: the server sees {}", who, seen ? *seen : seen.error().sentence));
  }
  const auto links = fabric.daemons().ask(pop_name(kNamesPop), {"show", "links", "--json"});
  if (!links) return links.error();
  const auto row = links->find("{\"from\":1,\"to\":2,");
  const std::string said = row == std::string::npos ? *links : links->substr(row, links->find('}', row) + 1 - row);
  out.check(
      said.find("\"state\":\"up\"") != std::string::npos && said.find("\"round_trip_us\":\"-\"") == std::string::npos,
      fmt::format("POP {} knows the link between POPs 1 and 2 as they measured it: {}", kNamesPop, said));
  return interrupted() ? Status(Error{"it was interrupted"}) : Status(Done{});
}

}  // namespace waymark::lab
