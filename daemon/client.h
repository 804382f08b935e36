// The other end of the daemon's API (docs/api.md): for the command line, and for a daemon that replaces another.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace waymark {

// "/run/waymark/NAME.sock"
std::string default_socket(const std::string& node);

// The socket of the named node's daemon; without a name, of the only one that has a socket in /run/waymark. Fails, with
// a sentence that names the choices, where there is none or more than one.
Result<std::string> find_socket(const std::optional<std::string>& node);

// The answer's JSON text, as it came. `path` with its query, escaped: "/v1/pins?service=web". Fails with the daemon's
// own sentence where it refused, or with one that says that nothing answers.
Result<std::string> api_get(const std::string& socket, const std::string& path);
Result<std::string> api_post(const std::string& socket, const std::string& path, const std::string& body);

// An answer of any length, handed on as it comes (capture). `sink` returns false to end it.
Status api_stream(const std::string& socket, const std::string& path,
                  const std::function<bool(std::string_view)>& sink);

// A value for a query: what is not a letter, digit, or one of "-._~" as %XX.
std::string escape_query(std::string_view value);

}  // namespace waymark
