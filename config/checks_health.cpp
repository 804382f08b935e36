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
  if (check.kind() != CheckKind::https && (in.places.given(check.ca) || in.places.given(check.verify)))
    in.problems.warn(in.places.at(check), fmt::format("the check of {} has \"ca\" or \"verify\", which have no effect "
                                                      "without \"https\"",
                                                      whose));
  const bool http = check.kind() == CheckKind::http || check.kind() == CheckKind::https;
  if (!http && in.places.given(check.host))
    in.problems.warn(
        in.places.at(check.host, check),
        fmt::format("the check of {} has \"host\", which has no effect without \"http\" or \"https\"", whose));
  if (check.kind() == CheckKind::icmp && in.places.given(check.port))
    in.problems.warn(in.places.at(check.port, check),
                     fmt::format("the check of {} has \"port\", which has no effect with \"icmp\"", whose));
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
