// Guests of a daemon's ports, as many as wanted, who take places and do not behave: a thread holds them all.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "base/result.h"
#include "core/types.h"

namespace waymark::lab {

enum class Manner {
  silent,    // connects, and says nothing
  dripping,  // sends a header's bytes one by one, for ever
  deaf,      // sends a request, and never reads what comes
  reading    // sends a request, reads all of the answer, and comes again
};

struct CrowdPlan {
  std::string netns;  // where they come from; "": where we are
  std::string to;     // "[2001:db8::1]:9100", or a unix socket's path
  Manner manner;
  u32 at_once;          // whoever is shown out comes again, so that there are always as many
  u32 per_second;       // connections begun at most
  std::string request;  // what a deaf or reading one sends
};

struct CrowdCount {
  u64 connected = 0;    // connections that were established
  u64 unheard = 0;      // attempts that were refused, or timed out
  u64 turned_away = 0;  // established, and ended by the daemon without a word
  u64 denied = 0;       // answered by a status other than 2xx
  u64 answered = 0;     // by 2xx, to the end
  u64 bytes = 0;        // of answers
  u64 here = 0;         // connections now
  u64 refused() const { return unheard + turned_away + denied; }
};

// "HTTP/1.1 200 OK..." -> 200; 0 for what is no answer.
int status_in(const std::string& answer);

// A request for `path` with so many ranges of it, as long as servers take headers.
std::string many_ranges(const std::string& path, u32 ranges);
std::string plain_get(const std::string& path);

class Crowd {
 public:
  static Result<std::unique_ptr<Crowd>> gather(const CrowdPlan& plan);
  ~Crowd();  // all of them leave
  CrowdCount count() const;

 private:
  struct Held;
  Crowd();
  const std::unique_ptr<Held> held_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace waymark::lab
