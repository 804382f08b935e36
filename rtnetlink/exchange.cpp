#include "rtnetlink/exchange.h"

#include <fmt/format.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstdlib>

namespace waymark::netlink {

namespace {

constexpr std::size_t kDatagram = 32768;  // the largest the kernel sends
constexpr int kTries = 3;

}  // namespace

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

int error_in(nlmsghdr* header) { return -static_cast<const nlmsgerr*>(nlmsg_data(header))->error; }

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

Status dump(nl_sock* socket, const std::function<Message()>& compose, const std::function<void()>& restart,
            const std::function<void(nlmsghdr*)>& use) {
  for (int tries = 1;; ++tries) {
    restart();
    const Message message = compose();
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

}  // namespace waymark::netlink
