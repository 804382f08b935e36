// The POPs of lab `paths` with all that runs around them, and the handles by which its events move them.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lab/kit/crew.h"
#include "lab/kit/daemons.h"
#include "lab/paths/long_links.h"
#include "lab/paths/site.h"

namespace waymark::lab {

class PathsFabric : public Crew {
 public:
  PathsFabric(PathsSite site, Tools tools, Passing passing);
  PathsFabric(const PathsFabric&) = delete;

  Status up(bool outlives_us);  // until each client reaches each server
  Status down();                // Waymark's daemons, in order

  Status kill_all();  // Waymark's daemons, -9
  Status start_all();
  Status lose_pop();  // the middle one: links and daemon at once, and nothing of it is kept
  Status regain_pop();
  Status take_out(bool out);  // all others have it in `down`, or no longer; and its daemon ends in order, or begins
  Status silence();           // the middle one: daemon and program end in order, and all else of it stays
  Status launch_middle();
  Status cut_link(bool cut);                   // between POPs 2 and 5, where the paths of new answers lead by
  Status delay(u32 a, u32 b, Duration delay);  // of a long link, from now on
  // Until the name server's answers to a client lead by this path to a server.
  Status answers_lead(const std::string& client, const std::string& server, const std::vector<u32>& path) const;
  Status answers_follow(const std::string& client, const std::string& server, const std::vector<u32>& path);
  // How long each of the latter took, from the last cut or delay on; told once.
  std::vector<Duration> answers_followed() { return std::exchange(followed_, {}); }
  LongLinks& long_links() { return long_links_; }
  Status keep_names_to(const std::string& core);  // the name server's threads
  Status answer_by_daemon();                      // and no longer in XDP
  // The servers' key, of epoch 1, and a new one, of epoch 2: all POPs know both; new addresses are made by it, and
  // work; the old one is gone, though it is in use, and its addresses are refused.
  Status rotate();
  Status use_new_key();
  Status retire_old_key();
  bool is_control() const { return passing_ == Passing::forbidden; }
  Status warned(const std::string& of);  // until each other POP warns that the middle one "is lost"

  const PathsSite& site() const { return site_; }
  const Daemons& daemons() const { return daemons_; }
  const Tools& tools() const { return tools_; }
  // As `waymark address encode` gave them.
  const std::string& client_address(const std::string& client) const { return clients_.at(client); }
  const std::string& server_address(const std::string& client, const std::string& server) const {
    return servers_.at({client, server});
  }
  // For paths that nobody was told of.
  Result<std::string> server_address(const Known& known, u32 epoch) const;
  // What a client's request to this URL gets.
  Result<std::string> fetch(const std::string& client, const std::string& url) const;

 private:
  Status provision();
  Status launch(const std::string& node);
  Status end(const std::string& node);                // -9
  Status change_key(std::vector<std::string> words);  // in one file, then in all; all POPs reload
  Status reaches(bool new_ones, bool old_ones);       // each client each server that it knows, by these addresses
  Result<std::string> encoded(std::vector<std::string> words) const;
  std::vector<std::string> others() const;  // POPs but the middle one

  const PathsSite site_;
  const Tools tools_;
  const Passing passing_;
  Daemons daemons_;
  std::map<std::string, std::string> clients_;
  std::map<std::pair<std::string, std::string>, std::string> servers_;
  std::map<std::string, Process> web_, waymark_;
  Process unbound_;
  LongLinks long_links_;
  Time changed_at_{};
  std::vector<Duration> followed_;
};

}  // namespace waymark::lab
