#include "config/rotation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/kinds.h"
#include "config/parse.h"
#include "config/plans.h"
#include "config/splice.h"
#include "config/tree.h"

namespace waymark {

using namespace config;

namespace {

// A plan whose keys can be told apart by their epochs, and the greatest epoch that its layout can name.
struct Rotating {
  const PlanConfig* plan;
  u64 most;
};
Result<Rotating> rotating(const Config& config, const std::string& name) {
  const auto plan = std::ranges::find(config.plan, name, &PlanConfig::name);
  if (plan == config.plan.end()) {
    std::string names;
    for (const PlanConfig& p : config.plan) names += (names.empty() ? "; there are " : ", ") + p.name;
    return Error{fmt::format("there is no [plan.{}] in the configuration{}", name, names)};
  }
  const auto compiled = compile_plan(*plan);
  if (!compiled) return compiled.error();
  if (!has(compiled->plan, FieldKind::epoch))
    return Error{fmt::format(
        "plan \"{}\" has no epoch in its layout, so it has one key at most, which no other can take over from", name)};
  const u32 width = field_of(compiled->plan, FieldKind::epoch).width;
  return Rotating{&*plan, width >= 32 ? 0xffff'ffffull : (1ull << width) - 1};
}

bool has_key(const PlanConfig& plan, u64 epoch) {
  return std::ranges::find(plan.keys, epoch, &TagKeyConfig::epoch) != plan.keys.end();
}

Status known(const PlanConfig& plan, u32 epoch) {
  if (has_key(plan, epoch)) return Done{};
  std::string epochs;
  for (const TagKeyConfig& key : plan.keys) epochs += fmt::format("{}{}", epochs.empty() ? "" : ", ", key.epoch);
  return Error{fmt::format("plan \"{}\" has no key of epoch {}; it has those of {}", plan.name, epoch, epochs)};
}

Member* find(Table& table, std::string_view key) {
  const auto at = std::ranges::find(table, key, &Member::key);
  return at == table.end() ? nullptr : &*at;
}
Member* key_of_epoch(Table& keys, u32 epoch) { return find(keys, std::to_string(epoch)); }

// The plan's own members, and its keys.
struct Found {
  Member* plan;
  Member* keys;
  Table& members() const { return *std::get_if<Table>(&plan->value.held); }
  Table& all_keys() const { return *std::get_if<Table>(&keys->value.held); }
};
std::optional<Found> find_plan(Node& root, const std::string& name) {
  const auto inner = [](Member* of, std::string_view key) -> Member* {
    Table* table = of ? std::get_if<Table>(&of->value.held) : nullptr;
    return table ? find(*table, key) : nullptr;
  };
  Member* plan = inner(find(*std::get_if<Table>(&root.held), "plan"), name);
  Member* keys = inner(plan, "keys");
  if (!keys || !keys->value.as<Table>() || keys->value.as<Table>()->empty()) return {};
  return Found{plan, keys};
}

bool same(const Node& a, const Node& b) {
  if (a.held.index() != b.held.index()) return false;
  if (const Table* table = a.as<Table>()) {
    const Table& other = *b.as<Table>();
    return table->size() == other.size() && std::ranges::all_of(*table, [&](const Member& one) {
             const auto twin = std::ranges::find(other, one.key, &Member::key);
             return twin != other.end() && same(one.value, twin->value);
           });
  }
  if (const List* list = a.as<List>()) return std::ranges::equal(*list, *b.as<List>(), same);
  return describe(a) == describe(b) && (!a.as<std::string>() || *a.as<std::string>() == *b.as<std::string>());
}

// What the tree has to be afterwards.
void apply(const KeyChange& change, const Found& to) {
  if (change.add) to.all_keys().push_back({std::to_string(*change.add), {}, {{}, change.key}});
  if (change.remove) std::erase_if(to.all_keys(), [&](auto& m) { return m.key == std::to_string(*change.remove); });
  if (!change.use) return;
  const Node use = {{}, std::int64_t(*change.use)};
  if (Member* there = find(to.members(), "use"))
    there->value = use;
  else
    to.members().push_back({"use", {}, use});
}

// One after another, as each moves what stands behind it.
enum class Step : u8 { add, remove, use };
std::optional<std::string> step(const std::string& text, const KeyChange& change, Step what) {
  Problems problems("");
  Node root = parse_tree(text, problems);
  const auto found = find_plan(root, change.plan);
  if (!found) return {};
  const Splicer splice(text);
  const Table& keys = found->all_keys();
  if (what == Step::add)
    return splice.append(keys.back(), splice.opens_inline(found->keys->value),
                         fmt::format("{} = \"{}\"", *change.add, change.key));
  if (what == Step::remove) {
    const Member* gone = key_of_epoch(found->all_keys(), *change.remove);
    if (!gone) return {};
    return splice.remove(keys, std::size_t(gone - keys.data()), splice.opens_inline(found->keys->value));
  }
  if (const Member* use = find(found->members(), "use")) return splice.replace(use->value, std::to_string(*change.use));
  // Beside the keys, or, where these are no line of the plan's, beside the layout that every plan has.
  const Member* beside = splice.opens_inline(found->keys->value) ? found->keys : find(found->members(), "layout");
  if (!beside) return {};
  return splice.append(*beside, splice.opens_inline(found->plan->value), fmt::format("use = {}", *change.use));
}

}  // namespace

u32 making_epoch(const PlanConfig& plan) {
  return plan.use.value_or(std::ranges::max(plan.keys, {}, &TagKeyConfig::epoch).epoch);
}

Result<KeyChange> add_key(const Config& config, const std::string& name, std::optional<u32> epoch, std::string key) {
  const auto in = rotating(config, name);
  if (!in) return in.error();
  const PlanConfig& plan = *in->plan;
  if (plan.keys.size() >= std::min<u64>(kTagKeys, in->most + 1))
    return Error{fmt::format("plan \"{}\" has {} keys, as many as it may have; retire one of them first", name,
                             plan.keys.size())};
  if (epoch && *epoch > in->most)
    return Error{fmt::format("plan \"{}\" cannot name epoch {}: the greatest that fits its layout is {}", name, *epoch,
                             in->most)};
  if (epoch && has_key(plan, *epoch))
    return Error{fmt::format("plan \"{}\" has a key of epoch {} already", name, *epoch)};
  u64 free = making_epoch(plan);
  while (!epoch && has_key(plan, free)) free = free == in->most ? 0 : free + 1;
  return KeyChange{.plan = name, .add = epoch.value_or(u32(free)), .use = making_epoch(plan), .key = std::move(key)};
}

Result<KeyChange> use_key(const Config& config, const std::string& name, u32 epoch) {
  const auto in = rotating(config, name);
  if (!in) return in.error();
  WM_TRY(known(*in->plan, epoch));
  return KeyChange{.plan = name, .use = epoch};
}

Result<KeyChange> retire_key(const Config& config, const std::string& name, u32 epoch) {
  const auto in = rotating(config, name);
  if (!in) return in.error();
  WM_TRY(known(*in->plan, epoch));
  if (epoch == making_epoch(*in->plan))
    return Error{
        fmt::format("the key of epoch {} makes new addresses of plan \"{}\"; use another one first", epoch, name)};
  return KeyChange{.plan = name, .remove = epoch};
}

Result<std::string> change_keys(std::string_view toml, const KeyChange& change, const std::string& file_name) {
  const Error refused{fmt::format(
      "{}: the keys of plan \"{}\" are written in a way that cannot be changed here; write them as a table, "
      "[plan.{}.keys], or change them by hand",
      file_name, change.plan, change.plan)};
  Problems problems(file_name);
  Node wanted = parse_tree(toml, problems);
  if (problems.any_error()) return Error{render(problems.take().front())};
  const auto found = find_plan(wanted, change.plan);
  if (!found) return refused;
  apply(change, *found);
  std::string text(toml);
  for (const auto& [is_wanted, what] : {std::pair(change.add.has_value(), Step::add),
                                        {change.remove.has_value(), Step::remove},
                                        {change.use.has_value(), Step::use}}) {
    if (!is_wanted) continue;
    auto next = step(text, change, what);
    if (!next) return refused;
    text = std::move(*next);
  }
  const Node is = parse_tree(text, problems);
  if (problems.any_error() || !same(is, wanted)) return refused;
  for (const Problem& problem : parse_config(text, file_name).problems)
    if (!problem.warning) return Error{render(problem)};
  return text;
}

}  // namespace waymark
