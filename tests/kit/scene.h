// A scene out of a configuration's text, for what cannot go on without: it aborts on one that cannot be used, and says
// why.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "config/parse.h"
#include "node/scene.h"

namespace waymark {

inline std::unique_ptr<Scene> scene_of(const std::string& toml) {
  const Parsed parsed = parse_config(toml, "site.toml");
  for (const Problem& p : parsed.problems)
    if (!p.warning) std::fprintf(stderr, "%s\n", render(p).c_str());
  if (!parsed.config) std::abort();
  auto made = Scene::make(*parsed.config);
  if (!made) std::abort();
  return std::move(*made);
}

}  // namespace waymark
