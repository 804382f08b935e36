// Clients of POPs that were given addresses, in a file (docs/paths.md, "Clients"). What was told to anybody is in it
// before, so a crash loses no client; and no id is given twice, not even that of a client who is no more.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/types.h"

namespace waymark::provision {

using Seconds = std::int64_t;  // since 1970, as the caller says

// Of what an address is made, beside the client's id.
struct Place {
  u32 pop = 0, policy = 0;
  std::optional<u64> epoch = {};  // of its tag's key, where the plan has one
  bool operator==(const Place&) const = default;
};

struct Former {
  Place place;
  Seconds until;  // so long the client keeps that address, too
};

struct Client {
  u64 id = 0;  // from 1
  std::string name;
  Place place;
  Seconds made = 0;
  std::optional<Seconds> revoked = {};
  std::vector<Former> former = {};  // those that still hold, the latest first
};

class Store {
 public:
  // Opens the file, or makes it (mode 0600). `plan` is what all its addresses are made by: a file of another plan is
  // refused, as its clients' addresses would be others. `patience`: how long each call waits for another writer.
  static Result<Store> open(const std::string& path, const std::string& plan,
                            std::chrono::milliseconds patience = std::chrono::seconds(5));
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  // A new client, whose id is at most `most`; or the one who has the name already and is at that place.
  Result<Client> add(const std::string& name, const Place& place, u64 most, Seconds now);
  // Its address becomes another one. The one before holds until then, too; `until` not after `now`: no longer.
  Result<Client> move(const std::string& name, const Place& place, Seconds now, Seconds until);
  // From now on the name is free; the id never is.
  Result<Client> revoke(const std::string& name, Seconds now);
  Result<Client> find(const std::string& name, Seconds now) const;
  // Likewise; none: no client who is not revoked has the name.
  Result<std::optional<Client>> look(const std::string& name, Seconds now) const;
  // Whether a client who had the name was revoked, whoever has it now.
  Result<bool> was_revoked(const std::string& name) const;
  // By their ids; those who are revoked among them where `revoked`.
  Result<std::vector<Client>> all(bool revoked, Seconds now) const;
  // How many clients that are not revoked have an address of an epoch, now or as a former one that still holds.
  Result<std::map<u64, u64>> by_epoch(Seconds now) const;

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace waymark::provision
