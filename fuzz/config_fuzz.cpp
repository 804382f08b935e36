// Any bytes as a configuration: a Config or problems, never both missing, and problems that can be printed.
#include "config/parse.h"
#include "config/plan_values.h"
#include "fuzz/seeds.h"

using namespace waymark;

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  std::vector<std::string> seeds = {""};
  for (const auto& file : std::filesystem::directory_iterator(WM_SOURCE_DIR "/packaging/examples")) {
    std::ifstream in(file.path(), std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  seeds.emplace_back(
      "[engine]\ninterfaces = { eth0 = \"public\", eth1 = \"public\" }\nmtu = { eth1 = 1400 }\n[translator]\n"
      "address = [\"192.0.2.1\", \"2001:db8::1\"]\nnative = \"10.0.0.0/8\"\npool = \"198.51.100.0/24\"\n"
      "plateaus = [1500, 68]\ntraffic_class = 7\nprefix = [{ prefix = \"64:ff9b::/96\", ip4 = \"0.0.0.0/0\" }]\n"
      "map = [{ ip4 = \"203.0.113.0/24\", ip6 = \"2001:db8:1::/120\" }]\ninterface6 = \"eth1\"\n");
  fuzz::plant(*argc, *argv, seeds);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  const Parsed parsed = parse_config({reinterpret_cast<const char*>(data), size}, "fuzz.toml");
  if (!parsed.config && parsed.problems.empty()) fuzz::fail("a configuration was refused without a word");
  for (const Problem& problem : parsed.problems)
    if (render(problem).empty()) fuzz::fail("a problem has no text");
  if (!parsed.config) return 0;
  const auto plans = compile_plans(*parsed.config);
  if (plans.size() != parsed.config->plan.size()) fuzz::fail("a plan that passed its checks does not compile");
  for (const AddressPlan& plan : plans) {  // the address of all ones, as far as the plan lets it
    const Plan& p = plan.plan;
    const Address ones = (p.prefix | ~p.prefix_mask) & ~p.zeros;
    if (plan_of(plans, ones) != &plan) fuzz::fail("an address belongs to another plan than its own");
    const auto decoded = decode_address(plans, plan, ones);
    if (!decoded && decoded.error().sentence.empty()) fuzz::fail("an address was refused without a word");
  }
  return 0;
}
