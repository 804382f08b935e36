// The traffic tools: `waymark lab traffic client|server|gre|delay ...`, started by the lab inside its namespaces.
#pragma once

namespace waymark::lab {

// client --to ADDRESSES --port N --id N [--for SECONDS]
// Commands on stdin, each answered by one line, a ClientReport (lab/traffic/stats.h):
//   open N      keep N long-lived connections open from now on, each with a checked message a second both ways
//   fresh N     begin N short connections a second; each asks once
//   probe N     send N numbered UDP probes a second
//   mark NAME   a new window begins
//   report
//   close       end everything in order; the report says when `live` and `under_way` are 0
int traffic_client(int argc, char** argv);

// server --name NAME --at ADDRESSES --port N [--for SECONDS]
// "report" on stdin is answered by a ServerReport; so are SIGTERM and the end of stdin, which end it.
int traffic_server(int argc, char** argv);

// gre --device NAME --from ADDRESS --to ADDRESS --key N [--for SECONDS]
// A TUN device whose IPv4 packets go and come in GRE with this key; says "ready" once it is there, and takes it away
// at SIGTERM.
int traffic_gre(int argc, char** argv);

// delay --from INTERFACE --to INTERFACE --us N
// Joins two interfaces to a link that delays each frame by N microseconds; says "ready" first. "delay N" on stdin
// changes that. This, and "report", is answered by how many frames were carried, how many found no room and were lost,
// and the microseconds of CPU time spent.
int traffic_delay(int argc, char** argv);

}  // namespace waymark::lab
