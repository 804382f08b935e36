// The translator's cases in the kernel: what each includes stands in bench_translator.bpf.h.
#include "bench/translator_case.h"

#include <algorithm>
#include <cstring>

#include "base/address_text.h"
#include "bench/translator_site.h"
#include "bench/xdp_case.h"
#include "config/plan_values.h"
#include "dataplane/pipeline.h"

namespace waymark::bench {

namespace {

constexpr u32 kXdpDrop = 1;
constexpr u32 kTranslatedAt = sizeof(Ethernet) + 24;

class TranslatorCase : public WrapperCase {
 public:
  explicit TranslatorCase(const TranslatorSpec& spec) : spec_(spec) {}

  Status prepare() override {
    arriving_ = packet_to_translate(spec_.ip6, spec_.carried);
    const bool error = spec_.carried == Carried::error;
    const int longer = (error ? 2 : 1) * int(sizeof(Ip6) - sizeof(Ip4));
    const std::string program = std::string("wm_bench_") + (spec_.maps    ? "role_mapped"
                                                            : spec_.whole ? spec_.jumped ? "role_to6_jumped"
                                                                            : spec_.ip6  ? "role_to4"
                                                                                         : "role_to6"
                                                            : error       ? spec_.ip6 ? "error_to4" : "error_to6"
                                                            : spec_.ip6   ? "to4"
                                                                          : "to6");
    SiteSpec site;
    site.translator = true;
    site.maps = spec_.maps;
    auto wrapper = Wrapper::make(site, program, arriving_, spec_.ip6 ? -longer : longer);
    if (!wrapper) return wrapper.error();
    wrapper_ = std::move(*wrapper);
    WM_TRY(fill());
    WM_TRY(wrapper_->plan_as_is(std::max(1u, spec_.maps)));
    return measure_from_here();
  }

  Result<u64> check() override {
    const u16 reason = (spec_.ip6 ? translator::why::to_ip4 : translator::why::to_ip6).reason;
    WM_TRY(all_ended_as(reason, spec_.whole ? sent_ : 0, sent_, before_, object().counters()));
    WM_TRY(same_bytes(last_.frame));
    if (!spec_.maps) return u64(1);
    // As many again, one by one: how many of the maps they meet.
    std::vector<bool> met(spec_.maps);
    u64 count = 0;
    for (u32 i = 0; i < kFewMaps; ++i) {
      const auto ran = wrapper_->run(1);
      if (!ran) return ran.error();
      WM_TRY(same_bytes(ran->frame));
      const auto map = map_of(ran->frame);
      if (!map) return map.error();
      count += !met[*map];
      met[*map] = true;
    }
    if (count < kFewMaps * 9 / 10) return Error{"the packets go to " + std::to_string(count) + " maps only"};
    return count;
  }

 private:
  static constexpr u32 kFewMaps = 500;

  const std::vector<AddressMapConfig>& maps() const { return wrapper_->site().node->config().translator->map; }

  Status fill() {
    std::vector<Address> ways = {translated_destination(spec_.ip6)};
    if (spec_.maps) {
      if (maps().size() != spec_.maps) return Error{"the maps cannot be arranged"};
      ways.clear();
      std::vector<u32> destinations(kDestinations);
      for (u32 i = 0; i < spec_.maps; ++i) {
        ways.push_back(maps()[i].ip6.address);
        destinations[i] = ip4_of(maps()[i].ip4.address).raw;
      }
      WM_TRY(wrapper_->write(".data.destinations", destinations.data()));
    }
    return wrapper_->keep_ways(ways);
  }

  Result<u32> map_of(const std::vector<u8>& frame) const {
    const Address to = load_address(frame.data() + kTranslatedAt);
    const auto found =
        std::find_if(maps().begin(), maps().end(), [&](const AddressMapConfig& map) { return map.ip6.address == to; });
    if (found == maps().end()) return Error{"the last packet goes to no map"};
    return u32(found - maps().begin());
  }

  Status same_bytes(const std::vector<u8>& frame) const {
    std::vector<u8> arrived = arriving_;
    if (spec_.maps) {
      if (frame.size() < kTranslatedAt + sizeof(Address)) return Error{"the last packet's length is wrong"};
      const auto map = map_of(frame);
      if (!map) return map.error();
      const be32 to = ip4_of(maps()[*map].ip4.address);
      send_to(arrived, to);
    }
    const auto made = wrapper_->made_of(arrived);
    if (!made) return made.error();
    if (*made == arrived || *made != frame)
      return Error{"the last packet's bytes are not those that the user-space engine makes of it"};
    return Done{};
  }

  TranslatorSpec spec_;
  std::vector<u8> arriving_;
};

// The tag of a server's address under the plan that DESIGN.md has for an example.
class TagCase : public WrapperCase {
 public:
  Status prepare() override {
    const PlanConfig config = {"servers",
                               {*parse_address("3fff:a00::"), 40},
                               "path:5x8 policy:4 id:16 epoch:2 tag:26",
                               TagOver::address,
                               {{1, {0x0706050403020100, 0x0f0e0d0c0b0a0908}}, {2, {1, 2}}}};
    const Result<AddressPlan> plan = compile_plan(config);
    if (!plan) return plan.error();
    const std::vector<std::string> fields = {"path=3,5,7", "policy=1", "id=1234", "epoch=2"};
    const Result<Address> address = encode_address({&*plan, 1}, *plan, fields);
    if (!address) return address.error();
    // One wrong bit, and the packet goes no further.
    WM_TRY(tag(*plan, *address, 1));
    const auto refused = wrapper_->run(1);
    if (!refused) return refused.error();
    if (refused->verdict != kXdpDrop) return Error{"a wrong tag passes"};
    WM_TRY(tag(*plan, *address, 0));
    return measure_from_here();
  }

  Result<u64> check() override {
    if (last_.frame != frame_) return Error{"the packet was changed"};
    return u64(1);
  }

 private:
  Status tag(const AddressPlan& plan, Address address, u8 wrong) {
    frame_ = packet_to_translate(true, Carried::tcp);
    store_address(frame_.data() + kTranslatedAt, address);
    frame_[kTranslatedAt + sizeof(Address) - 1] ^= wrong;
    auto wrapper = Wrapper::make({}, "wm_bench_tag", frame_, 0);
    if (!wrapper) return wrapper.error();
    wrapper_ = std::move(*wrapper);
    WM_TRY(wrapper_->write(".data.address_plan", &plan.plan));
    return wrapper_->plan_as_is();
  }

  std::vector<u8> frame_;
};

}  // namespace

std::unique_ptr<Case> make_translator(const TranslatorSpec& spec) { return std::make_unique<TranslatorCase>(spec); }
std::unique_ptr<Case> make_tag() { return std::make_unique<TagCase>(); }

}  // namespace waymark::bench
