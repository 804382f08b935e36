// Any request of the API: one of its paths, then a query or a body of any bytes. A command, a question, or a sentence.
#include "daemon/command.h"
#include "daemon/http.h"
#include "fuzz/seeds.h"

using namespace waymark;

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  std::vector<std::string> seeds;
  for (size_t path = 0; path < api_paths().size(); ++path)
    for (const char* rest :
         {"", "{}", R"({"target": "web/s1"})", R"({"target": "s1", "undo": true})", "service=web&count=7&seconds=3",
          "flow=tcp 192.0.2.1:4000 198.51.100.80:80", "flow=udp [2001:db8::1]:4000 [2001:db8:80::1]:443 public"})
      seeds.push_back(std::string(1, char(path)) + rest);
  fuzz::plant(*argc, *argv, seeds);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  if (size == 0) return 0;
  const ApiPath& path = api_paths()[data[0] % api_paths().size()];
  const std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  if (std::string_view(path.method) == "POST") {
    const auto command = parse_command(path.path, rest);
    if (!command && command.error().sentence.empty()) fuzz::fail("a command was refused without a word");
    return 0;
  }
  const auto show = parse_query(path.path, query_of(rest));
  if (!show && show.error().sentence.empty()) fuzz::fail("a question was refused without a word");
  return 0;
}
