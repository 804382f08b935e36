// Questions by UDP, some at a time, and their answers.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "core/address.h"

namespace waymark {

class Datagrams {
 public:
  Datagrams();
  ~Datagrams();

  // The answer to a message; empty: there is none.
  using Answer = std::function<std::span<const u8>(std::span<const u8> message, const Address& from)>;
  // Answers what has come to this socket, from the address that it came to, but not for ever. How many answers the
  // kernel did not take.
  u64 serve(int socket, const Answer& answer);

 private:
  struct Batch;
  std::unique_ptr<Batch> batch_;
};

}  // namespace waymark
