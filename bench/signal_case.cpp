#include "bench/signal_case.h"

#include "base/address_text.h"
#include "signal/auth.h"
#include "signal/replay.h"

namespace waymark::bench {

namespace {

using namespace signalling;

constexpr u32 kUpdates = 20'000;
constexpr u8 kKey[16] = {1, 2, 3}, kReceiver[8] = {'a', 'g', 'e', 'n', 't'};

// An Update as a server sends it: name, prefix, care-of address, ports, stamp.
Message update() {
  Message message{Update{16, kAcknowledge, 15}, {}};
  Options& o = message.options;
  o.prefixes = {Prefix(*parse_address("2001:db8:100::"), 48)};
  o.node = NodeIdentifier{1, {'s', '1', '@', 'e', 'x', 'a', 'm', 'p', 'l', 'e', '.', 'n', 'e', 't'}};
  o.stamp = Stamp{1, 1};
  o.bindings = {{1, BindingStatus::accepted, false, *parse_address("2001:db8:9::1")}};
  Selector web;
  web.protocol = {6, 6};
  web.destination_port = {443, 443};
  o.flows = {{1, 1, FlowStatus::accepted, web, {1}}};
  o.mac = MnHa{256, {}};
  return message;
}

class Updates : public Case {
 public:
  explicit Updates(bool whole) : whole_(whole) {}

  waymark::Status prepare() override {
    auto association = Association::make(256, kKey);
    if (!association) return association.error();
    association_.emplace(std::move(*association));
    const auto bytes = encode(update());
    if (!bytes) return bytes.error();
    message_ = *bytes;
    return association_->sign(message_, parties_) ? waymark::Status(Done{}) : Error{"the bench's Update has no MAC"};
  }

  Result<double> run(bool null) override {
    const double start = thread_seconds();
    for (u32 i = 0; i < kUpdates; ++i) {
      if (!null) good_ += whole_ ? take() : association_->verify(bytes(), parties_);
      asm volatile("" ::: "memory");
    }
    asked_ += null ? 0 : kUpdates;
    return (thread_seconds() - start) * 1e9 / kUpdates;
  }

  Result<u64> check() override {
    if (!asked_ || good_ != asked_) return Error{"an Update was not accepted"};
    message_[12] ^= 1;
    if (association_->verify(bytes(), parties_)) return Error{"a changed Update was believed"};
    message_[12] ^= 1;
    return 1;
  }

 private:
  ByteView bytes() const { return {message_.data(), message_.size()}; }
  bool take() {
    const Decoded read = decode(bytes());
    return read.message && association_->verify(bytes().first(read.size), parties_) &&
           replay_.check(std::get<Update>(read.message->body).sequence, read.message->options.stamp) ==
               BindingStatus::accepted;
  }

  const bool whole_;
  const Parties parties_{*parse_address("2001:db8:9::1"), *parse_address("2001:db8:100::1"), kReceiver};
  std::optional<Association> association_;
  const Replay replay_{true};  // that knows no Update yet
  Bytes message_;
  u64 asked_ = 0, good_ = 0;
};

}  // namespace

std::unique_ptr<Case> make_signal_verify() { return std::make_unique<Updates>(false); }
std::unique_ptr<Case> make_signal_update() { return std::make_unique<Updates>(true); }

}  // namespace waymark::bench
