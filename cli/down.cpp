#include "cli/load.h"
#include "cli/remote.h"
#include "daemon/client.h"

namespace waymark::cli {

int down_command(const Daemon& daemon) { return post_command(daemon, "/v1/down"); }

}  // namespace waymark::cli
