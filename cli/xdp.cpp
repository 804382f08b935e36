#include "cli/xdp.h"

#include <fmt/format.h>
#include <net/if.h>

#include "cli/load.h"
#include "engine/xdp/engine.h"
#include "engine/xdp/holder.h"
#include "engine/xdp/kernel_facts.h"

namespace waymark::cli {

namespace {

int work_on(const std::string& name, const std::string& said, Status (*work)(u32 index, const std::string& name)) {
  if (const Status usable = bpf_usable(); !usable) return complain(usable.error());
  const u32 index = if_nametoindex(name.c_str());
  if (!index) return complain({fmt::format("interface {} does not exist", name)});
  if (const Status done = work(index, name); !done) return complain(done.error());
  fmt::print("interface {} {}\n", name, said);
  return 0;
}

}  // namespace

int xdp_off_command(const std::string& interface) {
  return work_on(interface, "holds no XDP program any more",
                 [](u32 index, const std::string& name) { return take_off(index, name, kPinRoot); });
}

int xdp_pass_command(const std::string& interface) {
  return work_on(interface, "holds a program that passes all packets", put_pass);
}

}  // namespace waymark::cli
