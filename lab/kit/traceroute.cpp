#include "lab/kit/traceroute.h"

#include <arpa/inet.h>

#include <algorithm>
#include <sstream>

namespace waymark::lab {

std::vector<std::string> hops(const std::string& said) {
  std::vector<std::string> out;
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string number, address;
    if (words >> number >> address && !number.empty() && std::all_of(number.begin(), number.end(), ::isdigit))
      out.push_back(address);
  }
  return out;
}

std::string plain(const std::string& address) {
  in6_addr bytes;
  char out[INET6_ADDRSTRLEN];
  if (inet_pton(AF_INET6, address.c_str(), &bytes) != 1) return address;
  return inet_ntop(AF_INET6, &bytes, out, sizeof out);
}

}  // namespace waymark::lab
