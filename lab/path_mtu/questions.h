// What the clients of lab `path_mtu` try: each a sentence of what was seen, or the error that says what was not.
#pragma once

#include <string>

#include "lab/path_mtu/site.h"

namespace waymark::lab {

class PathMtuQuestions {
 public:
  using Found = Result<std::string>;
  explicit PathMtuQuestions(const PathMtuSite& site) : site_(site) {}

  Status prepare() const;  // files to send

  Found upload(const std::string& client, const TunnelKind& tunnel, bool ip6) const;
  Found download(const std::string& client, const TunnelKind& tunnel, bool ip6) const;
  Found trace(const std::string& client, const char* how, bool ip6) const;  // how: "-U", "-I", "-T"
  Found ping(const std::string& client, bool ip6) const;
  Found closed(const std::string& client, bool ip6, bool tcp) const;

 private:
  const PathMtuSite& site_;
};

}  // namespace waymark::lab
