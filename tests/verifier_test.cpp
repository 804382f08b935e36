// What the kernel's verifier sees of each role's program under the most extreme configuration that `check` lets
// through: its limit is a million instructions, and ours is half of that, so that no legal file is refused at load.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/address_text.h"
#include "engine/xdp/kernel_facts.h"
#include "engine/xdp/object.h"
#include "engine/xdp/program.h"
#include "tests/kit/need.h"
#include "tests/translator/site.h"

namespace waymark {

namespace {

// Before Linux 6.7 the verifier takes fewer states for equal.
u32 most_allowed() { return kernel_before(6, 7) ? 750'000 : 500'000; }

std::string prefix_text(const Address& address, u32 length) { return text(address) + "/" + std::to_string(length); }

Address ip6_at(u32 number, u32 length) {  // a prefix of that length; those of equal length differ in its last bit
  u8 bytes[16] = {};
  bytes[0] = length > 8 ? 0x20 : 0;
  if (length > 16) bytes[1] = u8(length);
  const u32 last = length - 1;
  if (number % 2) bytes[last / 8] |= u8(0x80 >> last % 8);
  return load_address(bytes);
}

// Every prefix length there can be, each twice, so that none is told apart without a look-up.
std::string all_lengths() {
  std::string natives, maps;
  for (u32 length = 1; length <= 32; ++length)
    for (const u32 bit : {0u, 1u}) {
      const u32 address = (length >= 8 ? length << 24 : 0) | bit << (32 - length);
      natives += "\"" + prefix_text(address_of(wire32(address)), length) + "\", ";
    }
  for (u32 length = 1; length <= 128; ++length)
    for (const u32 number : {0u, 1u}) natives += "\"" + prefix_text(ip6_at(number, length), length) + "\", ";
  for (u32 i = 0; i < 4; ++i)
    maps += "{ ip4 = \"198.51.100." + std::to_string(4 * i) + "/" + std::to_string(29 + i) +
            "\", ip6 = \"2001:db8:9::" + std::to_string(1 + i) + "00/" + std::to_string(125 + i) + "\" }, ";
  return "[node]\nname = \"t1\"\n[engine]\ninterfaces = { eth0 = \"public\", eth1 = \"public\", \"eth1:7\" = \"links\" "
         "}\npins = 1000\n"
         "[translator]\naddress = [\"192.0.2.1\", \"2001:db8:1::1\"]\npool = [\"192.0.2.64/26\"]\n"
         "prefix = [{ prefix = \"64:ff9b::/96\" }, { prefix = \"2001:db8:64::/48\", ip4 = [\"203.0.113.0/24\"] }]\n"
         "native = [" +
         natives + "]\nmap = [" + maps + "]\n" +
         "[director]\naddress = [\"192.0.2.3\", \"2001:db8:1::3\"]\n"
         "[[service]]\nname = \"web\"\naddress = [\"2001:db8:80::1\", \"198.51.100.200\"]\naffinity = \"client\"\n"
         "ports = [\"tcp/80\", \"tcp/443\", \"tcp/8080\", \"udp/53\", \"udp/443\", \"udp/1000-2000\"]\n"
         "[[service.target]]\nname = \"a\"\naddress = \"2001:db8:5::1\"\ntunnel = \"gue\"\n"
         "[[service.target]]\nname = \"b\"\naddress = \"10.0.0.1\"\n"
         "[host]\naddress = [\"192.0.2.4\", \"2001:db8:1::4\"]\ndirectors = [\"192.0.2.5\", \"2001:db8:1::5\"]\n"
         "[[host.service]]\nname = \"dns\"\naddress = [\"2001:db8:81::1\"]\nports = [\"udp/53\", \"tcp/53\"]\n"
         "hosts = [\"2001:db8:1::4\", \"2001:db8:1::6\", \"2001:db8:1::7\"]\n"
         "[plan.cloud]\nprefix = \"3fff:c00::/32\"\nlayout = \"tenant:16 ipv4:32 zero:9 dscp:6 valid:1 birth:8 "
         "gateway:24\"\n"
         "[gateway]\nplan = \"cloud\"\nholds = [1, 3]\nprefix = [{ prefix = \"3fff:64::/96\" }]\n"
         "id = [{ id = 1, address = [\"192.0.2.11\", \"2001:db8:1::11\"] }, { id = 2, address = \"192.0.2.12\" },\n"
         "      { id = 3, address = [\"192.0.2.13\", \"2001:db8:1::13\"] }]\n"
         "[[gateway.tenant]]\nname = \"red\"\nnumber = 1\nmap = [{ ip4 = \"203.0.113.1\", ip6 = \"3fff:5::1\" }]\n"
         "rule = [{ direction = \"out\", action = \"allow\", dscp = \"copy\", valid = true }]\n"
         "site = [{ prefix = \"10.0.1.0/24\", gateway = 3 }, { prefix = \"10.5.0.0/16\", gateway = 2 }]\n"
         "tunnel = [{ remote = \"192.0.2.21\", ip4 = \"10.0.0.0/24\" },\n"
         "          { tunnel = \"vxlan\", key = 1, mac = \"02:00:00:00:00:01\", remote = \"2001:db8:1::21\", ip4 = "
         "\"10.0.1.0/24\" },\n"
         "          { tunnel = \"vxlan\", key = 2, gateway = [\"10.0.2.1\", \"10.0.3.1\"], remote = \"192.0.2.22\", "
         "ip4 = [\"10.0.2.0/24\", \"10.0.3.0/24\"] },\n"
         "          { tunnel = \"mpls\", interface = \"eth1:7\", id = 1, label = [16, 17], mac = "
         "\"02:00:00:00:00:01\", "
         "ip4 = \"10.0.4.0/24\" },\n"
         "          { tunnel = \"ethernet\", interface = \"eth1:7\", id = 3, gateway = \"10.0.5.1\", ip4 = "
         "\"10.0.5.0/24\" }]\n"
         "[edge]\nprefix = \"3fff:e1::/64\"\naddress = \"2001:db8:1::5\"\n"
         "pool = [\"198.19.0.0/29\", \"198.19.1.1\"]\naddress4 = \"192.0.2.5\"\n"
         "[[edge.service]]\nname = \"anycast\"\nanycast = [\"3fff:ca57::80\", \"3fff:ca58::/64\", \"198.18.80.0/24\"]\n"
         "ports = [\"tcp/80\", \"udp/*\"]\nservers = [\"3fff:5::/48\", \"3fff:6::/48\", \"198.18.5.0/24\"]\n"
         "[plan.clients]\nprefix = \"3fff:d00::/40\"\nlayout = \"pop:8 policy:8 id:24 zero:16 tag:32\"\n"
         "keys = { 0 = \"00112233445566778899aabbccddeeff\" }\n"
         "[plan.servers]\nprefix = \"3fff:e00::/28\"\nlayout = \"id:16 path:8x6 policy:4 epoch:2 tag:30\"\n"
         "over = \"pair\"\nkeys = { 1 = \"00112233445566778899aabbccddeeff\", 2 = \"ffeeddccbbaa99887766554433221100\" "
         "}\n[path]\nid = 1\nclients = \"clients\"\nservers = \"servers\"\naccess_zone = \"links\"\nplain = 2\n"
         "pop = [{ id = 1, address = [\"192.0.2.31\", \"2001:db8:1::31\"] }, { id = 2, address = \"192.0.2.32\" },\n"
         "       { id = 3, address = \"2001:db8:1::33\", tunnel = \"gue\" }]\n"
         "server = [{ id = 1, pop = 1, address = \"192.0.2.41\" }, { id = 2, pop = 1, address = \"2001:db8:1::42\", "
         "tunnel = \"mac\" }]\n"
         "policy = [{ name = \"a\", index = 1, to_server = [\"tcp/80\", \"tcp/443\", \"tcp/8080\", \"udp/53\", "
         "\"udp/443\"], mandatory = [2, 3] }]\n"
         "access = [{ interface = \"eth1:7\", prefix = [\"3fff:d00:1::/48\", \"3fff:d00:80::/41\"] }]\n"
         "[dns]\nlisten = [\"2001:db8:1::53\", \"192.0.2.53\"]\nresolvers = [\"2001:db8:9::/48\", \"192.0.2.96/28\"]\n"
         "zone = [{ name = \"svc.example\", ns = \"ns.example.net\" }]\n"
         "name = [{ name = \"www.svc.example\", policy = \"a\", server = [{ id = 1 }, { id = 2 }] }]\n";
}

long lengths_of(std::span<const PrefixLength> all) {
  return std::count_if(all.begin(), all.end(), [](const PrefixLength& of) { return of.kinds != 0; });
}

void verify(std::span<const u8> elf) {
  translator_cases::TranslatorSite site(all_lengths());
  const Image& image = site.scene().engine().image();
  EXPECT_EQ(image.roles, kAllRoles);
  EXPECT_GE(lengths_of(image.lengths.of[0].length4), 32);
  EXPECT_EQ(lengths_of(image.lengths.of[0].length6), 128);
  const auto object = Object::load(elf, image);
  ASSERT_TRUE(object) << object.error().sentence;
  u32 most = 0;
  for (const ProgramEntry& p : kPrograms) {
    const ProgramFacts facts = program_facts(object->program(p.function));
    std::printf("%s: %u verified instructions\n", p.name, facts.verified_instructions);
    most = std::max(most, facts.verified_instructions);
    EXPECT_GT(facts.verified_instructions, 1000u) << p.name;
    EXPECT_LT(facts.verified_instructions, most_allowed()) << p.name;
  }
  testing::Test::RecordProperty("verified_instructions", int(most));  // scripts/debian-kernel shows it
}

}  // namespace

TEST(Verifier, SeesHalfAsMuchAsItMayOfEachProgram) {
  WM_NEED(Cap::bpf);
  verify(program());
}

TEST(Verifier, SeesHalfAsMuchAsItMayOfTheOtherCompilers) {
  WM_NEED(Cap::bpf);
  verify(program_other());
}

}  // namespace waymark
