// What a lab puts into the machine, taken out again whatever happens; and the proof that nothing stayed.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace waymark::lab {

inline const std::string kSitePrefix = "wm-site-", kControlPrefix = "wm-site-off-";
inline const std::string kGroupPrefix = "wm-group-", kGroupControlPrefix = "wm-group-off-";
inline const std::string kTranslatorPrefix = "wm-translator-", kGuestsPrefix = "wm-guests-";
inline const std::string kPathMtuPrefix = "wm-mtu-";
inline const std::string kTenantsPrefix = "wm-tenants-", kTenantsControlPrefix = "wm-tenants-off-";
inline const std::string kEdgePrefix = "wm-edge-", kEdgeControlPrefix = "wm-edge-off-";
inline const std::string kPathsPrefix = "wm-paths-", kPathsControlPrefix = "wm-paths-off-";
inline const std::string kLabDirectory = "/run/waymark-lab";

// An error that says how to get rid of them, if namespaces or files of a lab are there.
Status no_leftovers();

// Daemons, namespaces, files and pins of all labs; says nothing when there are none.
void clear_labs();

// What an instance keeps on the machine while its daemon is dead: pins and lock. A machine that starts again has none.
void forget_instance(const std::string& name);

// The last lines of every daemon's log, each under its file's name.
std::string logs_of_daemons();

// What the daemons need of the machine: bpffs at /sys/fs/bpf, and /run/waymark. clear_labs() takes away what this made.
Status prepare_machine();

// Mounts as they are, and the lab's pins, namespaces and files.
struct Footprint {
  std::vector<std::string> things;  // sorted
  static Footprint now();
};
std::vector<std::string> added(const Footprint& before, const Footprint& after);

struct Stage {  // clear_labs() at the end of its scope
  ~Stage() { clear_labs(); }
};

}  // namespace waymark::lab
