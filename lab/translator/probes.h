// One question each about a translator: the sentence that says what was seen, or an error that does.
#pragma once

#include <string>
#include <vector>

#include "lab/kit/process.h"
#include "lab/translator/site.h"

namespace waymark::lab {

enum class To : u8 { ip6, ip4 };  // from h4 to h6, or from h6 to h4
constexpr To kBoth[] = {To::ip6, To::ip4};

constexpr size_t kBulk = 1 << 20;  // bytes of www/bulk

class Questions {
 public:
  explicit Questions(const TranslatorSite& site) : site_(site) {}
  Status start(bool outlives_us);  // the ends' servers, until they answer
  void release();

  using Found = Result<std::string>;
  Found ping(To to) const;    // the other end, and the translator's own address
  Found fetch(To to) const;   // by HTTP
  Found stream(To to) const;  // iperf3, data both ways
  Found trace(To to, bool by_echo) const;
  Found resolve(To to) const;  // answers that come in fragments
  Found echoes_find_mtu(To to, Path path) const;
  Found bulk_finds_mtu(To to, Path path) const;  // `to` is the direction of the data
  Found plain_udp() const;                       // without a checksum, from IPv4
  bool passes(To to) const;                      // one ping

  Result<double> bits_per_second(To to) const;
  Result<double> packets_per_second(To to) const;

 private:
  Result<std::string> iperf(To to, std::vector<std::string> more) const;

  const TranslatorSite& site_;
  std::vector<Process> servers_;
};

}  // namespace waymark::lab
