// What XDP answers questions for names by, as far as it changes while a load runs (roles/path/packet_ask.h): paths,
// what is lost, and the secret of cookies. Only what differs is written. Nothing of another load is believed, and
// nothing after the daemon's last word is an hour old.
#pragma once

#include <optional>

#include "base/time.h"
#include "dataplane/image.h"
#include "dns/ways.h"
#include "roles/path/asked.h"

namespace waymark {

// The words of table::path_ways by these ways; 0 where none leads, or a server's address has no room for it.
std::vector<u64> asked_ways(const path::AskedPlan& plan, const dns::Ways& ways);
// Those of table::path_lost. Whoever is at a POP that is lost is lost.
std::vector<u64> asked_lost(const PathConfig& path, const dns::Lost& lost);

class AskedTables {
 public:
  explicit AskedTables(Live live) : live_(live) {}

  // From the next step() on. `ways` is as asked_ways() makes it of this plan; a plan without a layout ends all answers.
  void follow(path::AskedPlan plan, std::vector<u64> ways);
  void go(std::vector<u64> ways);  // others, of the same plan
  void lose(std::vector<u64> lost);
  void set_cookies(const SipKey& secret);

  // Does what is due. `ticks` and `seconds` (since 1970) are those of `now`.
  void step(Time now, u32 ticks, u32 seconds);
  Time deadline() const { return due_; }
  struct View {
    bool answers = false;           // in XDP, just now
    std::size_t names = 0;          // that are answered
    std::vector<std::string> left;  // what is not, though it could be (path::AskedPlan)
  };
  View view() const { return {in_force_, names_, plan_.left}; }
  std::size_t written() const { return written_; }  // words of ways and of what is lost, so far

 private:
  void write(std::span<u64> table, const std::vector<u64>& words);
  void put_in_force(u32 ticks, u32 seconds);

  Live live_;
  path::AskedPlan plan_;
  std::vector<u64> ways_, lost_;
  std::optional<SipKey> cookies_;
  bool changed_ = false;   // there is another head to be written
  bool in_force_ = false;  // what is in the tables is ours
  bool stopped_ = false;   // packets that still go by the layout before are let go
  bool half_ = false;
  Time due_{0}, earliest_{0}, again_{0};
  std::size_t names_ = 0, written_ = 0;
};

}  // namespace waymark
