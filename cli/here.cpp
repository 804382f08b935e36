#include "cli/here.h"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "daemon/hook.h"
#include "daemon/secret.h"
#include "engine/xdp/engine.h"
#include "engine/xdp/kernel_facts.h"
#include "roles/role.h"

namespace waymark::cli {

using namespace here;

namespace {

void look_at_secret(const Config& config, Findings& out) {
  const auto secret = group_secret(config);
  if (secret) return;
  const std::string& path = config.group->key;
  struct stat facts {};
  const bool others_read = stat(path.c_str(), &facts) == 0 && facts.st_mode & 077;
  error(out, others_read
                 ? fmt::format("{}: chmod 600 {}", secret.error().sentence, path)
                 : fmt::format("{}; copy it from another member, or make one for all: head -c 32 /dev/urandom | "
                               "base64 | install -m 600 /dev/stdin {}",
                               secret.error().sentence, path));
}

// What a start or a reload would refuse.
void look_at_tables(const Config& config, Findings& out) {
  const Status fits = XdpEngine::fits(config.name, sizes_of(config));
  if (!fits) error(out, fmt::format("{}; here: waymark down --node {}", fits.error().sentence, config.name));
}

}  // namespace

Findings look_here(const Config& config) {
  Findings out;
  if (const Status bpf = bpf_usable(); !bpf) error(out, bpf.error().sentence);
  struct statfs mounted {};
  if (config.engine.persist && (statfs("/sys/fs/bpf", &mounted) != 0 || u32(mounted.f_type) != BPF_FS_MAGIC))
    warn(out,
         "no BPF file system is mounted, where tables and links outlive the daemon; it mounts one itself if it may: "
         "mount -t bpf bpf /sys/fs/bpf");
  if (!config.on_event.empty())
    if (const Status may = may_run(config.on_event); !may)
      warn(out, fmt::format("{}; events go to the log alone", may.error().sentence));
  look_at_secret(config, out);
  look_at_tables(config, out);
  look_at_interfaces(config, out);
  for (const Descriptor* role : roles_at_work(config))
    if (role->look_here) role->look_here(config, out);
  return out;
}

}  // namespace waymark::cli
