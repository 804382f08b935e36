#include "kernel/netlink.h"

#include <fmt/format.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstdlib>
#include <functional>

#include "kernel/messages.h"

namespace waymark::netlink {

namespace {

constexpr int kEventBuffer = 4 << 20, kAnswerBuffer = 1 << 20;
constexpr u32 kBatch = 32;                // requests in flight: their answers fit the smallest usual socket buffer
constexpr std::size_t kDatagram = 32768;  // the largest the kernel sends
constexpr u32 kDatagramsPerDrain = 4096;
constexpr int kTries = 3;

Error failed(const char* what, int error) { return {fmt::format("{} failed: {}", what, nl_geterror(error))}; }

Result<Socket> connect(int buffer) {
  Socket socket(nl_socket_alloc());
  if (!socket) return Error{"there is no memory for a netlink socket"};
  nl_socket_disable_auto_ack(socket.get());
  if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0)
    return failed("connecting to the kernel's rtnetlink", error);
  const int descriptor = nl_socket_get_fd(socket.get());
  if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) < 0)  // wants CAP_NET_ADMIN
    nl_socket_set_buffer_size(socket.get(), buffer, 0);
  nl_socket_set_msg_buf_size(socket.get(), kDatagram);
  const timeval patience{.tv_sec = 2, .tv_usec = 0};  // an answer that was lost must not stop the daemon
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return socket;
}

// Gives each message of the next datagram to `use`; the bytes received, or a negative libnl error.
int receive(nl_sock* socket, const std::function<void(nlmsghdr*)>& use) {
  sockaddr_nl from{};
  unsigned char* bytes = nullptr;
  const int length = nl_recv(socket, &from, &bytes, nullptr);
  if (length <= 0) return length < 0 ? length : -NLE_AGAIN;
  int left = length;
  if (from.nl_pid == 0)  // others than the kernel may write here
    for (auto* header = reinterpret_cast<nlmsghdr*>(bytes); nlmsg_ok(header, left); header = nlmsg_next(header, &left))
      use(header);
  std::free(bytes);
  return length;
}

int error_in(nlmsghdr* header) {  // positive errno, 0 for an acknowledgement
  return -static_cast<const nlmsgerr*>(nlmsg_data(header))->error;
}

// Sends the messages together; each has one answer. `answer(i, header)`: the i-th one's, maybe an NLMSG_ERROR.
Status exchange(nl_sock* socket, std::span<Message> messages, const std::function<void(u32, nlmsghdr*)>& answer) {
  std::vector<unsigned char> bytes;
  const u32 first = nl_socket_use_seq(socket);
  for (u32 i = 0; i < messages.size(); ++i) {
    nlmsghdr* header = nlmsg_hdr(messages[i].get());
    header->nlmsg_seq = i == 0 ? first : nl_socket_use_seq(socket);
    header->nlmsg_pid = nl_socket_get_local_port(socket);
    const auto* start = reinterpret_cast<const unsigned char*>(header);
    bytes.insert(bytes.end(), start, start + header->nlmsg_len);
    bytes.resize(NLMSG_ALIGN(bytes.size()));
  }
  if (const int error = nl_sendto(socket, bytes.data(), bytes.size()); error < 0)
    return failed("asking the kernel", error);
  std::vector<bool> answered(messages.size());
  for (std::size_t missing = messages.size(); missing > 0;) {
    const int error = receive(socket, [&](nlmsghdr* header) {
      const u32 i = header->nlmsg_seq - first;
      if (i >= messages.size() || answered[i]) return;  // late answer to a question that was given up
      answered[i] = true;
      --missing;
      answer(i, header);
    });
    if (error < 0) return failed("reading the kernel's answer", error);
  }
  return Done{};
}

// All objects of one kind. A dump that a change interrupted is repeated; the last try counts as it is, as the change
// itself is announced too.
Status dump(nl_sock* socket, int type, const std::function<void()>& restart,
            const std::function<void(nlmsghdr*)>& use) {
  for (int tries = 1;; ++tries) {
    restart();
    rtgenmsg body{};
    Message message(nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_DUMP));
    nlmsg_append(message.get(), &body, sizeof body, NLMSG_ALIGNTO);
    const u32 sequence = nl_socket_use_seq(socket);
    nlmsg_hdr(message.get())->nlmsg_seq = sequence;
    nlmsg_hdr(message.get())->nlmsg_pid = nl_socket_get_local_port(socket);
    if (const int error = nl_sendto(socket, nlmsg_hdr(message.get()), nlmsg_hdr(message.get())->nlmsg_len); error < 0)
      return failed("asking the kernel for a list", error);
    bool done = false, interrupted = false;
    int refused = 0;
    while (!done) {
      const int error = receive(socket, [&](nlmsghdr* header) {
        if (header->nlmsg_seq != sequence) return;
        if (header->nlmsg_flags & NLM_F_DUMP_INTR) interrupted = true;
        if (header->nlmsg_type == NLMSG_ERROR) refused = error_in(header);
        if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR)
          done = true;
        else
          use(header);
      });
      if (error < 0) return failed("reading a list from the kernel", error);
    }
    if (refused) return failed("reading a list from the kernel", -nl_syserr2nlerr(refused));
    if (!interrupted || tries == kTries) return Done{};
  }
}

// Asks in batches and collects the answers in the order of the questions.
template <class Answer, class Question>
Result<std::vector<Answer>> ask_all(nl_sock* socket, std::span<const Question> questions,
                                    Message (*compose)(const Question&), Answer (*read)(nlmsghdr*)) {
  std::vector<Answer> out(questions.size());
  for (std::size_t start = 0; start < questions.size(); start += kBatch) {
    std::vector<Message> messages;
    for (std::size_t i = start; i < questions.size() && i < start + kBatch; ++i)
      messages.push_back(compose(questions[i]));
    WM_TRY(exchange(socket, messages, [&](u32 i, nlmsghdr* header) { out[start + i] = read(header); }));
  }
  return out;
}

std::optional<LinkInfo> read_link(nlmsghdr* header) {
  return header->nlmsg_type == RTM_NEWLINK ? link_in(header) : std::nullopt;
}

RouteFact read_route(nlmsghdr* header) {
  RouteFact none;
  none.error = header->nlmsg_type == NLMSG_ERROR ? error_in(header) : EBADMSG;
  return header->nlmsg_type == RTM_NEWROUTE ? route_in(header).value_or(none) : none;
}

int read_outcome(nlmsghdr* header) { return header->nlmsg_type == NLMSG_ERROR ? error_in(header) : 0; }

}  // namespace

void CloseSocket::operator()(nl_sock* socket) const { nl_socket_free(socket); }

Result<Requests> Requests::open() {
  auto socket = connect(kAnswerBuffer);
  if (!socket) return socket.error();
  return Requests(std::move(*socket));
}

Result<std::vector<LinkInfo>> Requests::links() {
  std::vector<LinkInfo> out;
  WM_TRY(dump(
      socket_.get(), RTM_GETLINK, [&] { out.clear(); },
      [&](nlmsghdr* header) {
        if (auto link = link_in(header)) out.push_back(std::move(*link));
      }));
  return out;
}

Result<std::vector<std::optional<LinkInfo>>> Requests::links(std::span<const u32> indices) {
  return ask_all<std::optional<LinkInfo>, u32>(socket_.get(), indices, ask_link, read_link);
}

Result<std::vector<NeighbourFact>> Requests::neighbours() {
  std::vector<NeighbourFact> out;
  WM_TRY(dump(
      socket_.get(), RTM_GETNEIGH, [&] { out.clear(); },
      [&](nlmsghdr* header) {
        if (auto neighbour = neighbour_in(header)) out.push_back(*neighbour);
      }));
  return out;
}

Result<std::vector<RouteFact>> Requests::routes(std::span<const RouteQuestion> questions) {
  return ask_all<RouteFact, RouteQuestion>(socket_.get(), questions, ask_route, read_route);
}

Result<std::vector<int>> Requests::use(std::span<const Hop> hops) {
  return ask_all<int, Hop>(socket_.get(), hops, ask_use, read_outcome);
}

Result<Events> Events::open() {
  auto socket = connect(kEventBuffer);
  if (!socket) return socket.error();
  nl_socket_set_nonblocking(socket->get());
  for (int group : {RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_RULE,
                    RTNLGRP_IPV6_IFINFO, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_RULE, RTNLGRP_NEXTHOP})
    if (const int error = nl_socket_add_membership(socket->get(), group); error < 0 && group != RTNLGRP_NEXTHOP)
      return failed("subscribing to the kernel's changes", error);  // next-hop objects are Linux 5.3's
  return Events(std::move(*socket));
}

int Events::descriptor() const { return nl_socket_get_fd(socket_.get()); }

Events::End Events::drain(std::vector<Event>& out) {
  for (u32 i = 0; i < kDatagramsPerDrain; ++i) {
    const int error = receive(socket_.get(), [&](nlmsghdr* header) {
      if (header->nlmsg_type < NLMSG_MIN_TYPE) return;
      if (auto event = event_in(header)) out.push_back(std::move(*event));
    });
    if (error == -NLE_AGAIN) return End::empty;
    if (error < 0) return End::lost;
  }
  return End::more;
}

}  // namespace waymark::netlink
