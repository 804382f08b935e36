// Whose a packet is, as the kernel's sockets tell. For the BPF program alone.
#pragma once

#include "core/parse.h"
#include "engine/xdp/bpf.h"

namespace waymark {

// With SYN cookies a connection has no socket until its client's first ACK is here, which carries the cookie.
WM_INLINE bool knows_cookie(xdp_md* ctx, BpfSock* listener, u32 l3, u32 l4, bool ip6) {
  const View v = {reinterpret_cast<u8*>(long(ctx->data)), reinterpret_cast<u8*>(long(ctx->data_end))};
  auto* tcp = v.at<Tcp>(l4);
  if (!tcp || !(tcp->flags & kTcpAck) || (tcp->flags & (kTcpSyn | kTcpRst))) return false;
  if (ip6) {
    auto* ip = v.at<Ip6>(l3);
    return ip && bpf::tcp_check_syncookie(listener, ip, sizeof *ip, tcp, sizeof *tcp) == 0;
  }
  auto* ip = v.at<Ip4>(l3);
  return ip && bpf::tcp_check_syncookie(listener, ip, sizeof *ip, tcp, sizeof *tcp) == 0;
}

// The packet as sockets see it that are to receive it, or, where `sent`, sent it.
WM_INLINE bool read_tuple(xdp_md* ctx, u32 l3, u32 l4, bool ip6, bool sent, SocketTuple& tuple) {
  const View v = {reinterpret_cast<u8*>(long(ctx->data)), reinterpret_cast<u8*>(long(ctx->data_end))};
  const auto* ports = v.at<Ports>(l4);
  if (!ports) return false;
  if (ip6) {
    const auto* ip = v.at<Ip6>(l3);
    if (!ip) return false;
    for (u32 i = 0; i < 4; ++i) {
      tuple.ip6.source[i] = sent ? ip->destination[i].raw : ip->source[i].raw;
      tuple.ip6.destination[i] = sent ? ip->source[i].raw : ip->destination[i].raw;
    }
    tuple.ip6.source_port = sent ? ports->destination.raw : ports->source.raw;
    tuple.ip6.destination_port = sent ? ports->source.raw : ports->destination.raw;
    return true;
  }
  const auto* ip = v.at<Ip4>(l3);
  if (!ip) return false;
  if (sent)
    tuple.ip4 = {ip->destination.raw, ip->source.raw, ports->destination.raw, ports->source.raw};
  else
    tuple.ip4 = {ip->source.raw, ip->destination.raw, ports->source.raw, ports->destination.raw};
  return true;
}

WM_INLINE Owner owner_of(xdp_md* ctx, u32 l3, u32 l4, bool ip6, bool sent, u32 protocol) {
  SocketTuple tuple = {};
  if (!read_tuple(ctx, l3, l4, ip6, sent, tuple)) return Owner::listener;
  if (protocol == kProtoUdp) {
    BpfSock* socket = ip6 ? bpf::sk_lookup_udp(ctx, &tuple, sizeof tuple.ip6, bpf::kCurrentNetns, 0)
                          : bpf::sk_lookup_udp(ctx, &tuple, sizeof tuple.ip4, bpf::kCurrentNetns, 0);
    if (!socket) return Owner::nobody;
    bpf::sk_release(socket);
    return Owner::listener;
  }
  if (protocol != kProtoTcp) return Owner::listener;
  BpfSock* socket = ip6 ? bpf::skc_lookup_tcp(ctx, &tuple, sizeof tuple.ip6, bpf::kCurrentNetns, 0)
                        : bpf::skc_lookup_tcp(ctx, &tuple, sizeof tuple.ip4, bpf::kCurrentNetns, 0);
  if (!socket) return Owner::nobody;
  Owner owner = Owner::flow;
  if (socket->state == bpf::kTcpListen && (sent || !knows_cookie(ctx, socket, l3, l4, ip6))) owner = Owner::nobody;
  bpf::sk_release(socket);
  return owner;
}

}  // namespace waymark
