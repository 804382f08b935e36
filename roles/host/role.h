// What roles/host/role.cpp is put together from, and what control asks a host's section.
#pragma once

#include "config/checks.h"
#include "roles/here.h"

namespace waymark {

struct Compiling;

namespace host {

void check(config::Checking& in);
Status compile(const Compiling& c);
void look_here(const Config& config, Findings& out);

// All other hosts that services of [host] name, each once, in order; without this host's own addresses, and without
// those of a family in which it has none, as nothing could be sent to them.
std::vector<Address> fellows_of(const HostConfig& host);

u16 port_of(const HostConfig& host, const HostTunnelConfig& tunnel);
// Where GUE is taken, and sent to other hosts; 0: it is not taken.
u16 gue_port(const HostConfig& host);

bool accepts_tunnels(const HostConfig& host, const InterfaceConfig& interface);

}  // namespace host
}  // namespace waymark
