// Steps that are taken back where a later one fails.
#pragma once

#include <functional>
#include <vector>

namespace waymark {

// What is undone, last first, unless all went well.
class Undo {
 public:
  ~Undo() {
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) (*step)();
  }
  void add(std::function<void()> step) { steps_.push_back(std::move(step)); }
  void forget() { steps_.clear(); }

 private:
  std::vector<std::function<void()>> steps_;
};

}  // namespace waymark
