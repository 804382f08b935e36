// The site of lab `guests`: a group of two, whose first director alone serves until the second one is wanted; and what
// is looked at in each event, whatever it is.
#pragma once

#include <memory>
#include <string>

#include "lab/group/fabric.h"
#include "lab/guests/crowd.h"
#include "lab/guests/facts.h"
#include "lab/kit/route_watch.h"
#include "lab/kit/verdict.h"

namespace waymark::lab {

constexpr u32 kWait = 3;                       // seconds that a director waits for members
constexpr Limits kTight = {1024, 8ull << 30};  // of the director's daemon in the first events
constexpr Limits kWide = {0, 8ull << 30};      // a daemon that takes more would take the machine's

class GuestsSite {
 public:
  GuestsSite(const Tools& tools, const Say& say, Verdict& verdict);

  Status up();
  Status down();
  Status well();  // all is as before any event: a daemon that died of one is started again, all connections are open

  GroupFabric& fabric() { return fabric_; }
  RouteWatch& routes() { return *routes_; }
  void claim(bool ok, const std::string& sentence);  // about the event that happens
  void begin(const std::string& title);              // claims are about this from now on
  const Load& load() const { return verdict_.load; }
  void say(const std::string& what) const { say_(what); }

  Result<std::string> metrics(const std::string& director) const;
  // The sum over a metric's samples; a sentence where it cannot be had.
  Result<u64> metric(const std::string& director, const std::string& name) const;
  Result<std::string> ask(const std::vector<std::string>& words, Duration patience) const;  // of the first director
  bool await(Duration patience, const std::function<bool()>& holds) const;

  // Guests from a client, or from `netns`.
  Result<std::unique_ptr<Crowd>> gather(const std::string& to, Manner manner, u32 at_once, u32 per_second,
                                        const std::string& request = {}, const std::string& node = "c1") const;

  // What the first director's daemon has at most in that time, and how long a processor worked for it.
  Result<Vitals> spend(Duration time);

 private:
  Status start_anew();

  const Say& say_;
  Verdict& verdict_;
  std::string title_;
  GroupFabric fabric_;
  std::unique_ptr<RouteWatch> routes_;
};

}  // namespace waymark::lab
