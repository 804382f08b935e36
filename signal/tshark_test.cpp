// Another project's decoder reads our messages: in UDP over both IP versions, and as IPv6's next header 135.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "base/pcapng.h"
#include "signal/examples_test.h"
#include "tests/kit/need.h"
#include "tests/kit/output.h"
#include "tests/kit/packets.h"

namespace waymark::signalling {
namespace {

packets::Bytes in_udp4(const Bytes& message) {
  return packets::ip4({.source = "192.0.2.9", .destination = "198.51.100.53"},
                      packets::udp(40'000, kPort, vector_of(message)));
}
packets::Bytes in_udp6(const Bytes& message) {
  return packets::ip6({.source = "2001:db8:1::5", .destination = "2001:db8:2::1"},
                      packets::udp(40'000, kPort, vector_of(message)));
}
packets::Bytes in_ip6(Bytes message) {
  write_checksum(message, kNode6, kAgent6);
  return packets::ip6({.source = "2001:db8:1::5", .destination = "2001:db8:2::1"},
                      packets::raw(kProtoMobility, vector_of(message)));
}

// What tshark says of a field in a packet: column by column, of one run for all.
const char* const kFields[] = {"mip6.mhtype",
                               "mip6.hlen",
                               "mip6.proto",
                               "_ws.malformed",
                               "mip6.bogus_header_length",
                               "mip6.opt.len.invalid",
                               "mip6.ie_not_dissected",
                               "mip6.bu.seqnr",
                               "mip6.bu.a_flag",
                               "mip6.bu.h_flag",
                               "mip6.bu.k_flag",
                               "mip6.nemo.bu.r_flag",
                               "mip6.bu.f_flag",
                               "mip6.bu.p_flag",
                               "mip6.bu.lifetime",
                               "mip6.ba.status",
                               "mip6.nemo.ba.r_flag",
                               "mip6.ba.seqnr",
                               "mip6.ba.lifetime",
                               "mip6.be.status",
                               "mip6.be.haddr",
                               "mip6.hb.u_flag",
                               "mip6.hb.r_flag",
                               "mip6.hb.seqnr",
                               "mip6.rc",
                               "mip6.bri_br.type",
                               "mip6.bri_r.trigger",
                               "mip6.bri_status",
                               "mip6.bri_seqnr",
                               "mip6.bri_ip",
                               "mip6.bri_iv",
                               "mip6.bri_ig",
                               "mip6.bri_ag",
                               "mip6.acoa.acoa",
                               "mip6.nemo.mnp.pfl",
                               "mip6.nemo.mnp.mnp",
                               "mip6.mnid.subtype",
                               "mip6.mnid.identifier",
                               "mip6.bi.bid",
                               "mip6.bi.status",
                               "mip6.bi.h_flag",
                               "mip6.bi.coa_ipv6",
                               "mip6.bi.coa_ipv4",
                               "mip6.ipv4ha.preflen",
                               "mip6.ipv4ha.p_flag",
                               "mip6.ipv4ha.ha",
                               "mip6.vsm.vendorId",
                               "mip6.vsm.subtype",
                               "mip6.auth.subtype",
                               "mip6.auth.mobility_spi",
                               "mip6.ipv4coa.addr",
                               "mip6.bra.interval",
                               "mip6.ipv4aa.sts",
                               "mip6.redir.k",
                               "mip6.redir.n",
                               "mip6.redir.addr_r2lma_ipv6",
                               "mip6.load_inf.priority",
                               "mip6.load_inf.sessions_in_use",
                               "mip6.load_inf.maximum_sessions",
                               "mip6.load_inf.used_capacity",
                               "mip6.load_inf.maximum_capacity"};
constexpr size_t kWays = 3;  // of carrying a message

using Row = std::map<std::string, std::string>;

std::vector<Row> rows_of(std::istream&& output) {
  std::vector<Row> rows;
  for (std::string line; std::getline(output, line);) {
    Row& row = rows.emplace_back();
    std::istringstream columns(line + "\t");
    std::string value;
    for (const char* field : kFields) row[field] = std::getline(columns, value, '\t') ? value : "none";
  }
  return rows;
}

// kWays for each of examples().
const std::vector<Row>& rows() {
  static const std::vector<Row> all = [] {
    std::string capture;
    pcapng::append_section(capture, "waymark");
    pcapng::append_interface(capture, "ip", LinkType::raw);
    for (const Example& e : examples()) {
      const Bytes message = *encode(e.message);
      for (const auto& packet : {in_udp4(message), in_udp6(message), in_ip6(message)})
        pcapng::append_packet(capture, {.bytes = packet});
    }
    const std::string path = testing::TempDir() + "waymark-signal-" + std::to_string(getpid()) + ".pcapng";
    std::ofstream(path, std::ios::binary) << capture;
    std::string command = "tshark -r " + path + " -T fields";
    for (const char* field : kFields) command += std::string(" -e ") + field;
    const std::string output = output_of(command + " 2>/dev/null");
    std::remove(path.c_str());
    return rows_of(std::istringstream(output));
  }();
  return all;
}

// However it was carried, the example has these values.
void expect(const std::string& name, const Row& values) {
  const std::vector<Example> all = examples();
  ASSERT_EQ(rows().size(), all.size() * kWays);
  size_t found = 0;
  for (size_t i = 0; i < rows().size(); ++i) {
    if (all[i / kWays].name != name) continue;
    ++found;
    for (const auto& [field, value] : values) EXPECT_EQ(rows()[i].at(field), value) << name << ": " << field;
  }
  EXPECT_EQ(found, kWays) << name;
}

TEST(Tshark, FindsNothingMalformed) {
  WM_NEED(Cap::tshark);
  for (const Example& e : examples()) {
    const Bytes message = *encode(e.message);
    // It knows no Flow Identification option (type 45): these it leaves out, and says so.
    std::string unknown;
    for (size_t n = 0; n < e.message.options.flows.size(); ++n) unknown += n ? ",1" : "1";
    expect(e.name, {{"mip6.mhtype", std::to_string(message[2])},
                    {"mip6.hlen", std::to_string(message.size() / 8 - 1)},
                    {"mip6.proto", "59"},
                    {"_ws.malformed", ""},
                    {"mip6.bogus_header_length", ""},
                    {"mip6.opt.len.invalid", ""},
                    {"mip6.ie_not_dissected", unknown}});
  }
}

TEST(Tshark, ReadsMessages) {
  WM_NEED(Cap::tshark);
  expect("update", {{"mip6.bu.seqnr", "16"},
                    {"mip6.bu.a_flag", "1"},
                    {"mip6.bu.h_flag", "1"},
                    {"mip6.bu.k_flag", "0"},
                    {"mip6.nemo.bu.r_flag", "1"},
                    {"mip6.bu.lifetime", "15"}});
  expect("update_ip4", {{"mip6.bu.seqnr", "17"}, {"mip6.bu.f_flag", "1"}, {"mip6.bu.p_flag", "0"}});
  expect("acknowledgement",
         {{"mip6.ba.status", "0"}, {"mip6.nemo.ba.r_flag", "1"}, {"mip6.ba.seqnr", "16"}, {"mip6.ba.lifetime", "15"}});
  expect("refusing", {{"mip6.ba.status", "135"}, {"mip6.nemo.ba.r_flag", "0"}, {"mip6.ba.seqnr", "15"}});
  expect("error", {{"mip6.be.status", "2"}, {"mip6.be.haddr", "2001:db8:1::5"}});
  expect("heartbeat", {{"mip6.hb.u_flag", "0"}, {"mip6.hb.r_flag", "0"}, {"mip6.hb.seqnr", "99"}});
  expect("heartbeat_response",
         {{"mip6.hb.u_flag", "1"}, {"mip6.hb.r_flag", "1"}, {"mip6.hb.seqnr", "99"}, {"mip6.rc", "77"}});
  expect("revocation", {{"mip6.bri_br.type", "1"},
                        {"mip6.bri_r.trigger", "128"},
                        {"mip6.bri_seqnr", "5"},
                        {"mip6.bri_ip", "0"},
                        {"mip6.bri_iv", "0"},
                        {"mip6.bri_ig", "1"}});
  expect("revocation_acknowledgement",
         {{"mip6.bri_br.type", "2"}, {"mip6.bri_status", "1"}, {"mip6.bri_seqnr", "5"}, {"mip6.bri_ag", "1"}});
}

TEST(Tshark, ReadsOptions) {
  WM_NEED(Cap::tshark);
  expect("update", {{"mip6.acoa.acoa", "2001:db8:9::1"},
                    {"mip6.nemo.mnp.pfl", "48,58"},
                    {"mip6.nemo.mnp.mnp", "2001:db8:100::,2001:db8:200:40::"},
                    {"mip6.mnid.subtype", "1"},
                    {"mip6.mnid.identifier", "s1@example.net"},
                    {"mip6.bi.bid", "1,2"},
                    {"mip6.bi.h_flag", "0,1"},
                    {"mip6.bi.coa_ipv6", "2001:db8:9::2"},
                    {"mip6.bi.coa_ipv4", "192.0.2.9"},
                    {"mip6.ipv4ha.preflen", "24"},
                    {"mip6.ipv4ha.p_flag", "1"},
                    {"mip6.ipv4ha.ha", "198.51.100.0"},
                    {"mip6.vsm.vendorId", "64512"},
                    {"mip6.vsm.subtype", "3"},
                    {"mip6.auth.subtype", "1"},
                    {"mip6.auth.mobility_spi", "256"}});
  expect("update_ip4", {{"mip6.ipv4coa.addr", "192.0.2.9"}});
  expect("acknowledgement", {{"mip6.bra.interval", "15"},
                             {"mip6.ipv4aa.sts", "0"},
                             {"mip6.bi.bid", "1"},
                             {"mip6.bi.status", "167"},
                             {"mip6.redir.k", "1"},
                             {"mip6.redir.n", "0"},
                             {"mip6.redir.addr_r2lma_ipv6", "2001:db8:3::1"},
                             {"mip6.load_inf.priority", "10"},
                             {"mip6.load_inf.sessions_in_use", "5"},
                             {"mip6.load_inf.maximum_sessions", "1000"},
                             {"mip6.load_inf.used_capacity", "6"},
                             {"mip6.load_inf.maximum_capacity", "2000"}});
  expect("revocation", {{"mip6.bi.bid", "9"}, {"mip6.mnid.identifier", "s1@example.net"}});
}

}  // namespace
}  // namespace waymark::signalling
