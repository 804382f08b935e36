// What holds for any client, and any message.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "dns/server_address.h"
#include "provision/clients.h"
#include "tests/dns/site.h"

namespace waymark::dns {

namespace {

RC_GTEST_PROP(DnsProperties, EachClientGetsWhatProvisionPrints, ()) {
  static Site s;
  const auto zones = Zones::compile(s.config);
  const Plan& clients = zones->clients();
  const u32 pop = *rc::gen::inRange(1u, 3u);
  Address client = write_field(clients, FieldKind::pop, clients.prefix, pop);
  client = write_field(clients, FieldKind::policy, client, *rc::gen::inRange(0u, 256u));
  client = write_field(clients, FieldKind::id, client, *rc::gen::arbitrary<u32>());
  s.now += std::chrono::seconds(1);
  const Reply r = s.ask({.options = subnet(text(client) + "/128")}, "2001:db8:9::1");
  RC_ASSERT(r.data.size() == 16u);
  const auto wanted = provision::server_address(s.config, client, 7, pop == 1 ? "1,2" : "2", "web");
  RC_ASSERT(bool(wanted));
  RC_ASSERT(load_address(r.data.data()) == *wanted);
  RC_ASSERT(r.scope == 128);
}

// A good message of which some bytes are others, or that is cut.
RC_GTEST_PROP(DnsProperties, EachAnswerCanBeReadAndIsSmall, ()) {
  static Site s;
  Ask ask{.type = *rc::gen::element(1u, 2u, 6u, 28u, 65u, 255u)};
  if (*rc::gen::arbitrary<bool>()) ask.options = subnet(kAnn + "/128") + option(10, "12345678");
  std::string wire = message(ask);
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i)
    wire[*rc::gen::inRange(std::size_t(2), wire.size())] = char(*rc::gen::arbitrary<u8>());
  if (*rc::gen::arbitrary<bool>()) wire.resize(*rc::gen::inRange(std::size_t(0), wire.size() + 1));
  s.now += std::chrono::seconds(1);
  const std::vector<std::string> sources{kAnn, "2001:db8:9::1", "198.51.100.7"};
  const std::string out = s.raw(wire, *rc::gen::elementOf(sources));
  if (out.empty()) return;
  RC_ASSERT(out.size() <= 3 * wire.size());
  const Reply r = read_reply({reinterpret_cast<const u8*>(out.data()), out.size()});
  RC_ASSERT(r.fault == "");
  RC_ASSERT(out.substr(0, 2) == wire.substr(0, 2));
}

}  // namespace

}  // namespace waymark::dns
