// The consistent choice's tables in memory: two halves, one of which packets read; the other is filled, then one word
// flips. A change writes its own pools alone, twice: into the half that comes into force with it, and before the next
// flip into the other one, which is *behind* by them until then. Equal pools with equal pasts share their tables.
//
// A half is filled from its beginning; what is written again takes its own place again where it fits, else a new one
// at the end. Where the end is reached, all of the half is written anew, without gaps. None of this is seen by packets.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "dataplane/image.h"
#include "node/numbers.h"
#include "node/succession.h"

namespace waymark {

class Choices {
 public:
  explicit Choices(Live& live);  // takes up what packets are reading

  // Fails where the pools' tables would not fit into a half.
  static Status check(const std::vector<Pool>& pools);

  // Puts these pools' choices in force and takes those of `gone` services away; all others stay. Does nothing where
  // nothing changes. Not to be called twice within a packet's time (some 10 ms): the other half may still be in a
  // packet's hands.
  void install(const std::vector<Successor>& pools, std::span<const u32> gone = {});

  // Beforehand, what the next install() must write because the half that it fills is behind; so many pools at most.
  // Like install() it waits until no packet reads that half.
  std::size_t behind() const { return halves_[spare()].whole ? halves_[spare()].behind.size() : count_; }
  void catch_up(std::size_t most) { catch_up(spare(), most); }

  // Whether that is what was installed last; false, too, where nobody knows.
  bool holds(const Pool& pool) const { return installed_[pool.service] == pool; }

  // What install() takes, for a pool whose tables nobody has made yet.
  Successor successor(Pool pool);

  // Makes services that packets cannot reach yet ready in the half that they do read, for the moment between the swap
  // of the program and install(). Only for services without a choice in force, and only as far as there is room beside
  // what is in force: what finds none begins with install(), milliseconds later. Gives back who was introduced.
  std::vector<u32> introduce(const std::vector<Successor>& pools);

  // These slots are free for others, and were these services': no entry may name them any more.
  void forget(std::span<const u32> slots, const Numbers& services);

  // What is in force, or will be with the half that is behind; null: nothing.
  const Tables& tables(u32 service) const { return wanted_[service].tables; }
  // What a service's former choices were, as one number: 0 where it has no past.
  u64 history(u32 service) const { return tables(service) ? tables(service)->history : 0; }

  // Work done, for tests and measurements: pools written into either half, and halves written anew.
  struct Work {
    u64 pools = 0, halves = 0;
  };
  const Work& work() const { return work_; }

 private:
  struct InForce {
    Tables tables;           // null: no choice
    std::vector<u32> slots;  // of tables->members
    bool operator==(const InForce&) const = default;
  };
  struct Written : InForce {
    u32 members = 0, room = 0;  // where the slots stand, and how many have room there
  };
  struct Placed {  // of one ChoiceTables in one half
    u32 table = 0, table_room = 0, previous = 0, previous_room = 0;
    u32 previous_size = 0;  // 0 where its past found no room
    u32 users = 0;
  };
  struct Half {
    std::vector<Written> written;                            // by service
    std::unordered_map<const ChoiceTables*, Placed> placed;  // kept alive by `written`
    u32 table = 0, previous = 0, member = 0;                 // from here on nothing is written yet
    std::vector<u32> behind;                                 // services that are to be written
    bool whole = false;                                      // false: nobody knows what stands there
  };
  static bool room_for(u32& end, u32& at, u32& room, std::size_t size, u32 most);
  InForce read(const Choice& choice) const;
  void follow_former(InForce& next, const InForce& before, std::size_t pool) const;
  bool write(u32 half, u32 service, bool past_gives_way);
  bool place(u32 half, const Written& now, const Tables& next, bool past_gives_way);
  void leave(Half& half, const Tables& tables);
  u32 spare() const { return u32(live_.half[0] & 1) ^ 1; }  // the half that packets do not read
  void begin_anew(u32 half);
  void catch_up(u32 half, std::size_t most);

  Live& live_;
  std::vector<InForce> wanted_;  // by service
  std::vector<Pool> installed_;  // by service: of which `wanted_` is; without slots where nobody knows
  Half halves_[2];
  std::size_t count_ = 0;  // services that have a choice
  Succession succession_;
  Work work_;
};

}  // namespace waymark
