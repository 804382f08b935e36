// What /health answers, ready before anybody asks: the loop writes it when it changes, and servers read it without
// waiting for the loop. A balancer before us believes it, so nothing that guests do may make it late.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>

#include "daemon/http.h"
#include "health/health.h"

namespace waymark {

class WellnessBoard {
 public:
  // The services of [host] that have a check, among all views. On the loop.
  void put(std::span<const Health::View> views);
  // Of one service, or of all where it is empty. From any thread.
  HttpReply answer(const std::string& service) const;

 private:
  struct Page {
    struct Local {
      std::string lines;  // empty where the service is up
      bool down = false;  // what is not known is not down
    };
    std::map<std::string, Local> lines;
    HttpReply all;
  };
  mutable std::mutex mutex_;
  std::shared_ptr<const Page> page_;
};

}  // namespace waymark
