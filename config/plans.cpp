#include "config/plans.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>

#include "config/prefixes.h"
#include "config/suggest.h"
#include "config/tree.h"

namespace waymark {
namespace {

struct Meaning {
  std::string_view name, meaning;
};
constexpr Meaning kMeanings[] = {
    {"tenant", "whose private address space it is"},
    {"gateway", "the gateway, or group of gateways, that takes its packets back"},
    {"ipv4", "the IPv4 address that it stands for"},
    {"path", "the POPs on the way, from the client's side to the server's"},
    {"pop", "the client's access POP"},
    {"policy", "the policy that is enforced"},
    {"id", "the client or server"},
    {"tag", "proves that the address was given out as it is"},
    {"epoch", "the key that made the tag"},
    {"dscp", "the class of service"},
    {"birth", "when the flow began"},
    {"chain", "the network functions that packets must visit"},
    {"valid", "whether the flow's client is known to be good"},
    {"watch", "whether packets are copied for analysis"},
    {"mark", "marks packets to measure loss and delay (RFC 9341)"},
    {"zero", "must be zero"},
};
static_assert(std::size(kMeanings) == kFieldKinds + 1);

std::optional<u32> number(std::string_view text) {
  u32 value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::string all_fields() {
  std::string out;
  for (const Meaning& m : kMeanings) out += fmt::format("{}{}", out.empty() ? "" : ", ", m.name);
  return out;
}

class Compiler {
 public:
  explicit Compiler(const PlanConfig& config) : config_(config), title_(fmt::format("plan \"{}\"", config.name)) {}

  Result<AddressPlan> compile() {
    out_.name = config_.name;
    out_.plan.prefix = config_.prefix.address;
    out_.plan.prefix_length = config_.prefix.length;
    out_.plan.prefix_mask = leading_ones(config_.prefix.length);
    at_ = config_.prefix.length;
    std::string_view rest = config_.layout;
    while (!(rest = rest.substr(std::min(rest.find_first_not_of(' '), rest.size()))).empty()) {
      const std::string_view word = rest.substr(0, rest.find(' '));
      rest.remove_prefix(word.size());
      WM_TRY(add(word));
    }
    if (at_ != 128)
      return Error{
          fmt::format("prefix and layout of {} have {} bits together; they must fill 128 exactly", title_, at_)};
    WM_TRY(add_keys());
    return std::move(out_);
  }

 private:
  Status add(std::string_view word) {
    const std::string_view name = word.substr(0, word.find(':'));
    const auto kind = field_called(name);
    if (!kind) return unknown(name);
    const std::string_view size = word.substr(std::min(name.size() + 1, word.size()));
    const std::size_t times = *kind == FieldKind::path ? size.find('x') : size.npos;
    const auto count = times == size.npos ? 1 : number(size.substr(0, times));
    const auto width = number(size.substr(times == size.npos ? 0 : times + 1));
    if (!count || !width || (*kind == FieldKind::path && times == size.npos))
      return Error{fmt::format("{} in the layout of {} must be written {}", config::quoted(word), title_,
                               *kind == FieldKind::path ? "\"path:5x8\", hops and the bits of each"
                                                        : fmt::format("\"{}:32\", with its bits", name))};
    const u32 most = *kind == FieldKind::zero ? 127 : 64;
    if (*count < 1 || *count > kPlanHops)
      return Error{fmt::format("the path of {} must have 1 to {} hops, not {}", title_, kPlanHops, *count)};
    if (*kind == FieldKind::ipv4 && *width != 32)
      return Error{fmt::format("field \"ipv4\" of {} must have 32 bits, not {}", title_, *width)};
    if (*width < 1 || *width > most)
      return Error{fmt::format("field \"{}\" of {} must have 1 to {} bits, not {}", name, title_, most, *width)};
    if (out_.layout.size() == kPlanFields)
      return Error{fmt::format("the layout of {} has more than {} fields", title_, kPlanFields)};
    if (at_ + *count * *width > 128)
      return Error{
          fmt::format("prefix and layout of {} have more than 128 bits together, from \"{}\" on", title_, name)};
    if (*kind != FieldKind::zero && has(out_.plan, *kind))
      return Error{fmt::format("the layout of {} has \"{}\" twice", title_, name)};
    place(*kind, *count, *width);
    return Done{};
  }

  void place(FieldKind kind, u32 count, u32 width) {
    const Address bits = leading_ones(at_ + count * width) & ~leading_ones(at_);
    if (kind == FieldKind::zero)
      out_.plan.zeros = out_.plan.zeros | bits;
    else
      out_.plan.field[u32(kind)] = {u8(at_), u8(width), u8(count), 0};
    if (kind == FieldKind::tag) out_.plan.tag_mask = bits;
    out_.layout.push_back({kind, u8(at_), u8(width), u8(count)});
    at_ += count * width;
  }

  Status unknown(std::string_view name) const {
    std::vector<std::string_view> names;
    for (const Meaning& m : kMeanings) names.push_back(m.name);
    const auto near = config::nearest(name, names);
    return Error{fmt::format("the layout of {} has a field {}; {}", title_, config::quoted(name),
                             near.empty() ? "there are " + all_fields() : fmt::format("did you mean \"{}\"?", near))};
  }

  Status add_keys() {
    Plan& plan = out_.plan;
    const bool tag = has(plan, FieldKind::tag), epoch = has(plan, FieldKind::epoch);
    if (tag && config_.keys.empty()) return Error{fmt::format("{} has a tag, but no keys", title_)};
    if (!tag && !config_.keys.empty()) return Error{fmt::format("{} has keys, but no tag", title_)};
    if (!tag && epoch) return Error{fmt::format("{} has an epoch, but no tag whose key it could name", title_)};
    if (!tag && config_.over == TagOver::pair)
      return Error{fmt::format("{} has over = \"pair\", but no tag that could cover the pair", title_)};
    if (config_.keys.size() > kTagKeys)
      return Error{fmt::format("{} has {} keys; at most {} are supported", title_, config_.keys.size(), kTagKeys)};
    if (!tag && config_.use) return Error{fmt::format("{} has use = {}, but no tag", title_, *config_.use)};
    for (const TagKeyConfig& key : config_.keys) {
      if (!epoch && (key.epoch != 0 || config_.keys.size() > 1))
        return Error{fmt::format("{} has no epoch, so its only key must be that of epoch 0", title_)};
      if (epoch && u64(key.epoch) > ~0ull >> (64 - plan.field[u32(FieldKind::epoch)].width))
        return Error{fmt::format("{} has a key of epoch {}, which its {} bits of epoch cannot name", title_, key.epoch,
                                 plan.field[u32(FieldKind::epoch)].width)};
    }
    place_keys();
    if (tag) {
      const u64 use = config_.use.value_or(std::ranges::max(config_.keys, {}, &TagKeyConfig::epoch).epoch);
      while (plan.maker < kTagKeys && !(plan.key_places >> plan.maker & 1 && plan.keys[plan.maker].epoch == use))
        ++plan.maker;
      if (plan.maker == kTagKeys)
        return Error{fmt::format("{} has use = {}, but no key of epoch {}", title_, use, use)};
    }
    plan.over_pair = config_.over == TagOver::pair;
    return Done{};
  }

  // At its epoch modulo kTagKeys, so that what packets count by place stays with its key when others come and go; where
  // another has that place, at a free one.
  void place_keys() {
    Plan& plan = out_.plan;
    std::vector<TagKeyConfig> homeless;
    const auto put = [&](u32 at, const TagKeyConfig& key) {
      plan.keys[at] = {key.key, key.epoch};
      plan.key_places |= u8(1u << at);
    };
    for (const TagKeyConfig& key : config_.keys) {
      if (plan.key_places >> key.epoch % kTagKeys & 1)
        homeless.push_back(key);
      else
        put(key.epoch % kTagKeys, key);
    }
    for (const TagKeyConfig& key : homeless) put(u32(std::countr_one(plan.key_places)), key);
  }

  const PlanConfig& config_;
  std::string title_;
  AddressPlan out_{};
  u32 at_ = 0;
};

}  // namespace

std::string_view name_of(FieldKind kind) { return kMeanings[u32(kind)].name; }
std::string_view meaning_of(FieldKind kind) { return kMeanings[u32(kind)].meaning; }

std::optional<FieldKind> field_called(std::string_view name) {
  for (u32 i = 0; i < std::size(kMeanings); ++i)
    if (kMeanings[i].name == name) return FieldKind(i);
  return {};
}

Result<AddressPlan> compile_plan(const PlanConfig& config) { return Compiler(config).compile(); }

std::vector<AddressPlan> compile_plans(const Config& config) {
  std::vector<AddressPlan> plans;
  for (const PlanConfig& plan : config.plan)
    if (auto compiled = compile_plan(plan)) plans.push_back(std::move(*compiled));
  return plans;
}

const AddressPlan* plan_of(std::span<const AddressPlan> plans, const Address& address) {
  const AddressPlan* best = nullptr;
  const auto rank = [&](const AddressPlan& p) { return std::pair(zeros_hold(p.plan, address), p.plan.prefix_length); };
  for (const AddressPlan& plan : plans)
    if (in_prefix(plan.plan, address) && (!best || rank(plan) > rank(*best))) best = &plan;
  return best;
}

bool overlap(const Plan& a, const Plan& b) {
  const Address fixed = (a.prefix_mask | a.zeros) & (b.prefix_mask | b.zeros);
  return !any((a.prefix ^ b.prefix) & fixed);
}

}  // namespace waymark
