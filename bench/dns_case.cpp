#include "bench/dns_case.h"

#include "base/address_text.h"
#include "config/dns_name.h"
#include "config/parse.h"
#include "dns/responder.h"

namespace waymark::bench {

namespace {

constexpr const char* kConfig = R"([engine]
pins = 0
interfaces = { eth0 = "wan" }
[plan.clients]
prefix = "3fff:c00::/40"
layout = "pop:8 policy:8 id:32 zero:40"
[plan.servers]
prefix = "3fff:a00::/40"
layout = "id:16 path:5x8 policy:4 epoch:2 tag:26"
over = "pair"
keys = { 1 = "000102030405060708090a0b0c0d0e0f" }
[path]
id = 1
clients = "clients"
servers = "servers"
zone = "wan"
[[path.pop]]
id = 1
address = "2001:db8:0:1::1"
[[path.pop]]
id = 2
address = "2001:db8:0:2::1"
[[path.server]]
id = 7
pop = 2
address = "2001:db8:0:27::7"
[[path.policy]]
name = "web"
index = 2
[dns]
listen = "2001:db8::53"
resolvers = "2001:db8:0:53::/64"
[[dns.zone]]
name = "svc.example"
ns = "ns.example.net"
[[dns.name]]
name = "www.svc.example"
server = [{ id = 7 }]
policy = "web"
)";

constexpr u32 kSeconds = 1'700'000'000, kQuestions = 20'000;
constexpr u8 kClient[16] = {0x3f, 0xff, 0x0c, 0, 0, 1, 1, 0, 0, 0, 5};

class Personal : public Case {
 public:
  Status prepare() override {
    const Parsed parsed = parse_config(kConfig, "bench");
    if (!parsed.config) return Error{"the bench's name server has a configuration with an error"};
    responder_.know(
        {dns::Zones::compile(*parsed.config), std::make_shared<dns::DirectWays>(), std::make_shared<dns::Lost>()});
    const std::string subnet = std::string("\0\2\x80\0", 4) + std::string(reinterpret_cast<const char*>(kClient), 16);
    const u8 own[] = {1, 2, 3, 4, 5, 6, 7, 8};
    const dns::ServerCookie ours = dns::make_cookie(secrets_.now, own, from_, kSeconds);
    const std::string cookie(std::string(own, own + 8) + std::string(ours.begin(), ours.end()));
    question_ = std::string("\0\0\1\0\0\1\0\0\0\0\0\1", 12) + dns::wire_name("www.svc.example") +
                std::string("\0\x1c\0\1\0\0\x29\4\xd0\0\0\x80\0", 13);
    question_ += std::string("\0\x34\0\x8\0\x14", 6) + subnet + std::string("\0\x0a\0\x18", 4) + cookie;
    return Done{};
  }

  Result<double> run(bool null) override {
    const double start = thread_seconds();
    for (u32 i = 0; i < kQuestions; ++i) {
      question_[0] = char(i >> 8), question_[1] = char(i);
      if (!null) last_ = ask();
      asm volatile("" ::: "memory");  // the null's loop writes what nobody reads
    }
    return (thread_seconds() - start) * 1e9 / kQuestions;
  }

  Result<u64> check() override {
    const u64 answers = counts_.outcomes[std::size_t(dns::Outcome::personal)];
    if (!answers || answers != counts_.cookies[std::size_t(dns::Cookies::good)])
      return Error{"a question was not answered with a client's own address, or its cookie was not believed"};
    if (last_.size() < 12 || last_[0] != u8(question_[0]) || last_[1] != u8(question_[1]))
      return Error{"the last answer is not the last question's"};
    return 1;
  }

 private:
  std::span<const u8> ask() {
    return responder_.answer({{reinterpret_cast<const u8*>(question_.data()), question_.size()},
                              from_,
                              dns::Transport::udp,
                              std::chrono::seconds(1),
                              kSeconds});
  }

  dns::Counts counts_;
  const dns::CookieSecrets secrets_{{1, 2}, {}};
  dns::Responder responder_{secrets_, {3, 4}, counts_};
  const Address from_ = *parse_address("2001:db8:0:53::1");
  std::string question_;
  std::span<const u8> last_;
};

}  // namespace

std::unique_ptr<Case> make_dns() { return std::make_unique<Personal>(); }

}  // namespace waymark::bench
