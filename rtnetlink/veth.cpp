#include "rtnetlink/veth.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/net_namespace.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <thread>
#include <vector>

#include "rtnetlink/exchange.h"

namespace waymark {

namespace {

namespace fs = std::filesystem;

struct Space {
  std::string path, enter;
};

bool is_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Where network namespaces have names: those that people gave first.
std::vector<Space> spaces() {
  std::vector<Space> out;
  std::error_code failed;
  for (const char* folder : {"/run/netns", "/run/docker/netns"})
    for (const auto& entry : fs::directory_iterator(folder, failed))
      out.push_back({entry.path(), fmt::format("nsenter --net={} ", entry.path().string())});
  for (const auto& entry : fs::directory_iterator("/proc", failed))
    if (const std::string pid = entry.path().filename(); is_number(pid))
      out.push_back({entry.path() / "ns/net", fmt::format("nsenter -t {} -n ", pid)});
  return out;
}

// The number under which the current namespace knows another one; none: it knows it not.
std::optional<int> number_of(nl_sock* socket, int space) {
  netlink::Message message(nlmsg_alloc_simple(RTM_GETNSID, NLM_F_REQUEST));
  rtgenmsg body{};
  nlmsg_append(message.get(), &body, sizeof body, NLMSG_ALIGNTO);
  nla_put_u32(message.get(), NETNSA_FD, u32(space));
  std::optional<int> out;
  (void)netlink::exchange(socket, {&message, 1}, [&](u32, nlmsghdr* header) {
    if (header->nlmsg_type != RTM_NEWNSID) return;
    if (nlattr* id = nlmsg_find_attr(header, sizeof(rtgenmsg), NETNSA_NSID)) out = nla_get_s32(id);
  });
  return out;
}

Result<VethPeer> look(u32 index) {
  auto requests = netlink::Requests::open();
  if (!requests) return requests.error();
  const auto links = requests->links(std::span(&index, 1));
  if (!links) return links.error();
  if (!links->front()) return Error{"the other end is gone"};
  const LinkInfo& link = *links->front();
  return VethPeer{link.name, "", offloads(link.name).value_or(Offloads{}), link.xdp_program && !link.xdp_generic};
}

// On a thread of its own, which ends there: this one stays where it is.
Result<VethPeer> look_in(int space, u32 index) {
  std::optional<Result<VethPeer>> found;
  std::thread([&] {
    if (setns(space, CLONE_NEWNET) == 0)
      found.emplace(look(index));
    else
      found.emplace(Error{"this process may not enter its network namespace"});
  }).join();
  return std::move(*found);
}

}  // namespace

Result<std::optional<VethPeer>> veth_peer(const LinkInfo& link) {
  if (link.kind != "veth" || !link.peer) return std::optional<VethPeer>();
  const auto failed = [&](const std::string& why) {
    return Error{fmt::format("the other end of {} cannot be looked at: {}", link.name, why)};
  };
  const auto of = [&](Result<VethPeer> found, const std::string& enter) -> Result<std::optional<VethPeer>> {
    if (!found) return failed(found.error().sentence);
    found->enter = enter;
    return std::optional(std::move(*found));
  };
  if (!link.peer_space) return of(look(link.peer), "");
  const auto socket = netlink::connect(netlink::kAnswerBuffer);
  if (!socket) return failed(socket.error().sentence);
  std::set<ino_t> seen;
  for (const Space& space : spaces()) {
    struct stat facts {};
    if (stat(space.path.c_str(), &facts) != 0 || !seen.insert(facts.st_ino).second) continue;
    const int fd = open(space.path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    const bool here = number_of(socket->get(), fd) == link.peer_space;
    Result<VethPeer> found = here ? look_in(fd, link.peer) : Result<VethPeer>(Error{""});
    close(fd);
    if (here) return of(std::move(found), space.enter);
  }
  return failed("it is in a network namespace that neither /run/netns nor a process names");
}

}  // namespace waymark
