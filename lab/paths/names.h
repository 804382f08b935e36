// The names of lab `paths`: POP 4 is their name server, and beside it stands unbound, which clients ask.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "core/types.h"
#include "lab/kit/verdict.h"

namespace waymark::lab {

class PathsFabric;
class PathsSite;

constexpr u32 kNamesPop = 4;
inline const std::string kNamesAt = "3fff:0:4::53", kResolver = "u", kResolverAt = "3fff:5:9::5";

std::string name_of(const std::string& server);  // "s1.svc.lab"

// Of a POP's file: the links that names lead by, the group that tells of them, and at POP 4 the names.
std::string names_config(const PathsSite& site, u32 pop);
// u.unbound, and the clients' resolv.conf.
Status write_resolver(const PathsSite& site);

// An answer of the name server, asked with the client's own address.
struct Answered {
  std::string address;
  std::vector<u32> path;  // that it leads by
};
Result<Answered> answered(const PathsFabric& fabric, const std::string& client, const std::string& server);

// Each client finds each server by name, through unbound, and is led by the cheapest way.
Status ask_names(const PathsFabric& fabric, Verdict& out);

}  // namespace waymark::lab
