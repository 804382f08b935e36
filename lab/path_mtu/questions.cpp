#include "lab/path_mtu/questions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "lab/kit/endpoint.h"
#include "lab/kit/netns.h"
#include "lab/kit/pings.h"
#include "lab/kit/process.h"
#include "lab/kit/traceroute.h"

namespace waymark::lab {
namespace {

constexpr size_t kBytes = 400'000;  // some hundred packets

std::string service(bool ip6) { return ip6 ? kService6 : kService4; }
std::string url(bool ip6, u16 port, const std::string& what) {
  return fmt::format("http://{}:{}/{}", ip6 ? "[" + service(true) + "]" : service(false), port, what);
}
std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
std::string title(const std::string& client, const TunnelKind& t, bool ip6, const char* what) {
  return fmt::format("{}, IPv{}, {}: {}", client, ip6 ? 6 : 4, t.name, what);
}

}  // namespace

Status PathMtuQuestions::prepare() const {
  std::string bulk(kBytes, 0);
  for (size_t i = 0; i < kBytes; ++i) bulk[i] = char(i * 2654435761u >> 13);
  return write_file(site_.file("www/bulk"), bulk);
}

PathMtuQuestions::Found PathMtuQuestions::upload(const std::string& client, const TunnelKind& tunnel, bool ip6) const {
  const std::string what = title(client, tunnel, ip6, "an upload");
  const std::string name = fmt::format("got-{}-{}-{}", client, tunnel.port, ip6);
  auto said = run({.netns = site_.netns(client),
                   .argv = {"curl", "-sS", "--fail", "--globoff", "--max-time", "6", "-T", site_.file("www/bulk"),
                            url(ip6, tunnel.port, name)}});
  if (!said) return Error{fmt::format("{}: {}", what, said.error().sentence)};
  if (bytes_of(site_.file("www/" + name)) != bytes_of(site_.file("www/bulk")))
    return Error{what + " arrived with other bytes"};
  return what + " arrived whole";
}

PathMtuQuestions::Found PathMtuQuestions::download(const std::string& client, const TunnelKind& tunnel,
                                                   bool ip6) const {
  const std::string what = title(client, tunnel, ip6, "a download"), file = site_.file("bulk.got");
  auto said = run(
      {.netns = site_.netns(client),
       .argv = {"curl", "-sS", "--fail", "--globoff", "--max-time", "6", "-o", file, url(ip6, tunnel.port, "bulk")}});
  if (!said) return Error{fmt::format("{}: {}", what, said.error().sentence)};
  const bool whole = bytes_of(file) == bytes_of(site_.file("www/bulk"));
  std::error_code none;
  std::filesystem::remove(file, none);
  if (!whole) return Error{what + " came with other bytes"};
  return what + " came whole";
}

PathMtuQuestions::Found PathMtuQuestions::trace(const std::string& client, const char* how, bool ip6) const {
  const bool tcp = std::strcmp(how, "-T") == 0;
  std::vector<std::string> argv = {"traceroute", "-n", "-q", "1", "-w", "2", "-m", "8", "-N", "1", how};
  if (std::strcmp(how, "-U") == 0) argv.pop_back();  // as it is by default: UDP to ports that nobody has
  if (tcp) argv.insert(argv.end(), {"-p", std::to_string(kTunnels[0].port)});
  argv.push_back(service(ip6));
  auto said = run({.netns = site_.netns(client), .argv = argv});
  if (!said) return Error{fmt::format("{}, traceroute {}: {}", client, how, said.error().sentence)};
  std::vector<std::string> want;
  if (client == "c1") {
    want = ip6 ? std::vector<std::string>{"2001:db8:c1::1", "2001:db8:f1::2"}
               : std::vector<std::string>{"203.0.113.1", "198.18.1.2"};
  } else {
    want = {ip6 ? "2001:db8:c2::1" : "203.0.113.65"};
  }
  if (tcp) want.push_back(ip6 ? "2001:db8:f3::1" : "198.18.3.1");  // the director is a hop to what it passes on
  want.push_back(service(ip6));
  const std::vector<std::string> is = hops(*said);
  const std::string sentence =
      fmt::format("{}, IPv{}, traceroute {} sees {}", client, ip6 ? 6 : 4, how, fmt::join(is, ", "));
  if (is != want || said->find('!') != std::string::npos)
    return Error{fmt::format("{}, not {}:\n{}", sentence, fmt::join(want, ", "), *said)};
  return sentence;
}

PathMtuQuestions::Found PathMtuQuestions::ping(const std::string& client, bool ip6) const {
  const auto said = ping_all(site_.netns(client), service(ip6), {.count = 10});
  const std::string who = fmt::format("{}, IPv{}, the service", client, ip6 ? 6 : 4);
  if (!said) return Error{fmt::format("{}: {}", who, said.error().sentence)};
  return fmt::format("{}: {}", who, *said);
}

PathMtuQuestions::Found PathMtuQuestions::closed(const std::string& client, bool ip6, bool tcp) const {
  const std::string what = fmt::format("{}, IPv{}: a closed {} port", client, ip6 ? 6 : 4, tcp ? "TCP" : "UDP");
  const Inside inside(site_.netns(client));
  auto at = endpoint(service(ip6), kClosedPort);
  auto fd = at ? connected(*at, tcp ? SOCK_STREAM : SOCK_DGRAM) : Result<int>(at.error());
  if (!fd) return Error{what + ": " + fd.error().sentence};
  if (!tcp) (void)!write(*fd, "x", 1);
  pollfd p{*fd, tcp ? short(POLLOUT) : short(POLLIN), 0};
  const int ready = poll(&p, 1, 2000);
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(*fd, SOL_SOCKET, SO_ERROR, &error, &length);
  close(*fd);
  if (ready != 1 || error != ECONNREFUSED)
    return Error{fmt::format("{} does not refuse: {}", what, ready ? std::strerror(error) : "nothing is said")};
  return what + " refuses at once";
}

}  // namespace waymark::lab
