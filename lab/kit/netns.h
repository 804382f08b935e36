// Network namespaces: made by `ip`, entered by setns, and cleared of whatever still runs inside.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace waymark::lab {

// While it lives, this thread is inside the namespace.
class Inside {
 public:
  explicit Inside(const std::string& netns);
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  bool entered() const { return entered_; }

 private:
  int home_ = -1;
  bool entered_ = false;
};

std::vector<std::string> namespaces(const std::string& prefix);  // their names, sorted
std::vector<int> processes_in(const std::string& netns);

// One `ip -batch`, in the namespace ("" for ours); the error quotes the line that failed.
Status ip(const std::string& netns, const std::string& commands);
Status sysctls(const std::string& netns, const std::vector<std::pair<std::string, std::string>>& values);

// Kills what runs in it, then deletes it.
void remove(const std::string& netns);

// "rx_queue_0_xdp_packets" and the like of one interface, by the driver's own names; summed over queues if `queue` is
// the part after "rx_queue_N_".
Result<unsigned long long> driver_count(const std::string& netns, const std::string& interface,
                                        const std::string& queue);

}  // namespace waymark::lab
