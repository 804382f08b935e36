// What ping(8) finds.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "core/types.h"

namespace waymark::lab {

struct Pings {
  u32 count = 20, payload = 1000;  // bytes behind the ICMP header
  Duration every = std::chrono::milliseconds(10);
  // Rounds until one is answered whole: beside traffic that fills queues a ping may be lost on a way that is whole.
  u32 rounds = 1;
};

// A sentence's end, "20 of 20 pings answered by 192.0.2.1", or the error that says how many were in each round.
Result<std::string> ping_all(const std::string& netns, const std::string& to, const Pings& pings = {});

// The number in ping's "20 packets transmitted, 19 received"; nothing where it says no such thing.
std::optional<u32> answered(const std::string& said);

}  // namespace waymark::lab
