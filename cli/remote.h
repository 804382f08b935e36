// The commands that ask a running daemon, by its API (docs/api.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace waymark::cli {

// Which daemon: by its socket, by its node's name, or the only one there is.
struct Daemon {
  std::string socket, node;
};
Result<std::string> socket_of(const Daemon& daemon);

struct ShowOptions {
  std::string what;                // "status", "services", ...
  std::vector<std::string> words;  // of `pins`: a service, or a flow; of `firewall`: a tenant; of `flows`: that, an
                                   // address; `edge`: likewise
  std::optional<unsigned> count;   // of `flows` and the like
  bool json = false, all = false;
};
// The path and the query that ask for it. Fails where the words make no sense.
Result<std::string> path_of(const ShowOptions& options);
int show_command(const Daemon& daemon, const ShowOptions& options);

// An answer of the API as a table. `all`: also rows that hold nothing but zeros.
Result<std::string> to_table(const std::string& json, bool all);

// The daemon that is meant, by the socket that it has. Where none runs, says what it left behind.
Result<std::string> running(const Daemon& daemon);
// A request that failed: where nothing answers at all, says what is left of the daemon.
Error failed(const std::string& socket, const Error& error);
int print_results(const std::string& answer);  // the sentences of a command's answer

// A command of the API, with its JSON; prints what it says.
int post_command(const Daemon& daemon, const std::string& path, const std::string& json = "{}");

// What members of a group hold in turn, "gateway 2": this node takes it, or gives it to another one; `member` may be
// empty.
int take_command(const Daemon& daemon, const std::string& holding);
int give_command(const Daemon& daemon, const std::string& holding, const std::string& member);

struct CaptureOptions {
  std::string file = "-", service;
  unsigned count = 1000, seconds = 10;
};
int capture_command(const Daemon& daemon, const CaptureOptions& options);

// As post_command, for what ends the daemon: returns when its process is gone, so that the next `run` finds no one.
int ending_command(const Daemon& daemon, const std::string& path);

// By the daemon, or where none runs by taking away what it left behind.
int down_command(const Daemon& daemon);

// What nodes without a daemon left pinned, as the end of a sentence: empty, or "; paris-1 is pinned and goes on ...".
std::string left_behind();

}  // namespace waymark::cli
