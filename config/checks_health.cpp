#include <fmt/format.h>

#include <algorithm>

#include "config/checks.h"

namespace waymark::config {

void check_health(Checking& in, const CheckConfig& check, const std::vector<PortRange>& ports,
                  const std::string& whose) {
  if (!in.places.good(check) || !in.places.good(check.http) || !in.places.good(check.https)) return;
  const int kinds = check.tcp + check.icmp + !check.http.empty() + !check.https.empty();
  if (kinds != 1)
    return in.problems.error(
        in.places.at(check),
        fmt::format("the check of {} must say one of \"tcp\", \"http\", \"https\" and \"icmp\"; it "
                    "says {}",
                    whose, kinds ? "several" : "none"));
  const std::string of = fmt::format("the check of {}", whose);
  const bool https = check.kind() == CheckKind::https;
  if (!https) warn_unused(in, check.verify, check, of, "verify", "without \"https\"");
  if (!https || !check.verify)
    warn_unused(in, check.ca, check, of, "ca", https ? "as \"verify\" is false" : "without \"https\"");
  if (!https && check.kind() != CheckKind::http)
    warn_unused(in, check.host, check, of, "host", "without \"http\" or \"https\"");
  if (check.kind() == CheckKind::icmp) warn_unused(in, check.port, check, of, "port", "with \"icmp\"");
  // A question is over when the next one is due. The default gives way to a short `every`; what the file says must
  // hold.
  if (in.places.given(check.timeout) && check.timeout > check.every && in.places.good(check.every) &&
      in.places.good(check.timeout))
    in.problems.error(
        in.places.at(check.timeout, check),
        fmt::format("the check of {} has a \"timeout\" that is longer than \"every\": the next question would "
                    "come before this one has ended",
                    whose));
  if (check.kind() == CheckKind::icmp) {
    if (check.through)
      in.problems.error(
          in.places.at(check),
          fmt::format("the check of {} cannot go through the tunnel: hosts do not take ICMP out of it", whose));
    return;
  }
  const auto tcp = [](const PortRange& range) { return range.protocol == Protocol::tcp && range.first != 0; };
  if (check.port || !in.places.good(ports) || !in.places.good(check.port)) return;
  if (std::none_of(ports.begin(), ports.end(), tcp))
    in.problems.error(in.places.at(check),
                      fmt::format("the check of {} needs a \"port\", as the service names no TCP port", whose));
}

}  // namespace waymark::config
