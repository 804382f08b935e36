#include "daemon/dns/datagrams.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "daemon/sockaddr.h"
#include "dns/message.h"

namespace waymark {

namespace {

constexpr u32 kAtOnce = 32, kRounds = 8;      // then the others' turn
constexpr std::size_t kMostQuestion = 2'048;  // what is longer is cut, and so malformed

// The answer leaves from the address that was asked, by whatever interface leads there.
void keep_source(msghdr& m) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
      reinterpret_cast<in6_pktinfo*>(CMSG_DATA(c))->ipi6_ifindex = 0;
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
      reinterpret_cast<in_pktinfo*>(CMSG_DATA(c))->ipi_ifindex = 0;
  }
}

}  // namespace

struct Datagrams::Batch {
  struct One {
    sockaddr_storage from;
    alignas(cmsghdr) u8 control[CMSG_SPACE(sizeof(in6_pktinfo))];
    u8 question[kMostQuestion], answer[dns::kUdpPayload];
    iovec in, out;
  };
  One ones[kAtOnce];
  mmsghdr received[kAtOnce], sent[kAtOnce];

  void ready() {
    for (u32 i = 0; i < kAtOnce; ++i) {
      One& one = ones[i];
      one.in = {one.question, sizeof one.question};
      received[i] = {};
      received[i].msg_hdr = {&one.from, sizeof one.from, &one.in, 1, one.control, sizeof one.control, 0};
    }
  }
};

Datagrams::Datagrams() : batch_(std::make_unique<Batch>()) {}
Datagrams::~Datagrams() = default;

u64 Datagrams::serve(int socket, const Answer& answer) {
  Batch& b = *batch_;
  u64 untaken = 0;
  for (u32 round = 0; round < kRounds; ++round) {
    b.ready();
    const int came = recvmmsg(socket, b.received, kAtOnce, 0, nullptr);
    if (came <= 0) return untaken;
    u32 answers = 0;
    for (int i = 0; i < came; ++i) {
      Batch::One& one = b.ones[i];
      msghdr& m = b.received[i].msg_hdr;
      const auto reply = answer({one.question, b.received[i].msg_len}, sender_of(one.from));
      if (reply.empty() || reply.size() > sizeof one.answer) continue;
      std::memcpy(one.answer, reply.data(), reply.size());
      one.out = {one.answer, reply.size()};
      keep_source(m);
      b.sent[answers] = {};
      b.sent[answers++].msg_hdr = {m.msg_name, m.msg_namelen, &one.out, 1, m.msg_control, m.msg_controllen, 0};
    }
    // An answer that cannot be sent is left out, and the others follow.
    for (u32 next = 0; next < answers;) {
      const int went = sendmmsg(socket, b.sent + next, answers - next, 0);
      untaken += went <= 0;
      next += went <= 0 ? 1 : u32(went);
    }
    if (u32(came) < kAtOnce) return untaken;
  }
  return untaken;
}

}  // namespace waymark
