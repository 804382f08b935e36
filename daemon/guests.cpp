#include <algorithm>

#include "daemon/guest.h"
#include "daemon/loop.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

// A client that means well sends its request in one go, and reads as fast as its link carries.
constexpr Duration kPatienceWithRequest = 100ms, kPatienceWithReader = 1s;

Duration patience_with(Guest::Phase phase) {
  switch (phase) {
    case Guest::Phase::leaving:
      return 0s;
    case Guest::Phase::request:
      return kPatienceWithRequest;
    case Guest::Phase::reply:
      return kPatienceWithReader;
    default:
      return Duration::max();  // it waits for us, or asked for a stream and is one of few
  }
}

}  // namespace

bool Guests::displace(const std::string* address) {
  const Time now = boot_time();
  Guest* least = nullptr;
  for (Guest* guest : present) {
    if ((address && guest->address() != *address) || now - guest->since() < patience_with(guest->phase())) continue;
    const auto rank = [](const Guest& g) {
      return g.phase() == Guest::Phase::leaving ? 0 : g.phase() == Guest::Phase::request ? 1 : 2;
    };
    if (!least || std::pair(rank(*guest), guest->since()) < std::pair(rank(*least), least->since())) least = guest;
  }
  if (!least) return false;
  if (least->phase() != Guest::Phase::leaving) refuse(Refused::displaced);
  least->cut();
  return true;
}

bool Guests::keep(const std::string& text) {
  u32& users = texts[&text];
  if (users == 0) {
    const Time now = boot_time();
    while (text_bytes && text_bytes + text.size() > limits.replies) {
      const auto slow = std::find_if(present.begin(), present.end(), [&](const Guest* g) {
        return g->phase() == Guest::Phase::reply && now - g->since() >= kPatienceWithReader;
      });
      if (slow == present.end()) {
        texts.erase(&text);
        return false;
      }
      refuse(Refused::displaced);
      (*slow)->cut();
    }
    text_bytes += text.size();
  }
  ++texts[&text];
  return true;
}

void Guests::forget(const std::string& text) {
  const auto found = texts.find(&text);
  if (found == texts.end() || --found->second) return;
  text_bytes -= text.size();
  texts.erase(found);
}

Guest::Guest(Guests& guests, std::string address)
    : guests_(guests),
      address_(std::move(address)),
      place_(guests.present.insert(guests.present.end(), this)),
      since_(boot_time()) {
  ++guests_.count;
  if (!address_.empty()) ++guests_.by_address[address_];
}

Guest::~Guest() { leave_place(); }

void Guest::leave_place() {
  if (!std::exchange(has_place_, false)) return;
  guests_.present.erase(place_);
  --guests_.count;
  if (guests_.emptied && guests_.present.empty()) guests_.emptied();
  if (address_.empty()) return;
  const auto found = guests_.by_address.find(address_);
  if (--found->second == 0) guests_.by_address.erase(found);
}

void Guest::enter(Phase phase) {
  phase_ = phase;
  since_ = boot_time();
}

}  // namespace waymark
