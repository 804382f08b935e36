#include "lab/paths/fabric.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <csignal>

#include "config/parse.h"
#include "lab/kit/downloads.h"
#include "lab/kit/loop.h"
#include "lab/kit/netns.h"
#include "lab/kit/stage.h"
#include "lab/paths/names.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(20);
constexpr size_t kBulk = 1 << 20;
constexpr u32 kCutTo = 5;  // the middle POP's link to it

std::vector<std::string> all_nodes() {
  std::vector<std::string> out;
  for (u32 id = 1; id <= kPopCount; ++id) out.push_back(pop_name(id));
  out.push_back("s1");
  return out;
}

}  // namespace

PathsFabric::PathsFabric(PathsSite site, Tools tools, Passing passing)
    : Crew(site.prefix(), tools.waymark),
      site_(std::move(site)),
      tools_(std::move(tools)),
      passing_(passing),
      daemons_(site_, tools_) {}

Result<std::string> PathsFabric::encoded(std::vector<std::string> words) const {
  words.insert(words.begin(), {tools_.waymark, "address", "encode", "-c", site_.file("p1.toml")});
  auto said = run({.argv = std::move(words)});
  if (!said) return said;
  return said->substr(0, said->find('\n'));
}

Result<std::string> PathsFabric::server_address(const Known& known, u32 epoch) const {
  return encoded({"servers", known.server == "s1" ? "id=7" : "id=8", fmt::format("path={}", fmt::join(known.path, ",")),
                  "policy=2", fmt::format("epoch={}", epoch), "client=" + clients_.at(known.client)});
}

// Clients get their addresses, and of each server the one that they know it by.
Status PathsFabric::provision() {
  Cast cast{kPathClients, kPathServers, "", "", {}, {}};
  for (const std::string& client : kPathClients) {
    const auto own = encoded({"clients", client == "c1" ? "pop=1" : "pop=5", "policy=1", "id=5"});
    if (!own) return own.error();
    clients_[client] = *own;
    WM_TRY(ip(site_.netns(client), fmt::format("addr add {}/128 dev eth0 nodad\n", *own)));
  }
  const auto append = [](std::string& list, const std::string& address) {
    list += (list.empty() ? "" : ",") + address;
  };
  for (const Known& known : known_servers()) {
    const auto address = server_address(known, 1);
    if (!address) return address.error();
    servers_[{known.client, known.server}] = *address;
    append(cast.at_of[known.server], *address);
    append(cast.to_of[known.client], *address);
  }
  recast(std::move(cast));
  return Done{};
}

Status PathsFabric::launch(const std::string& node) {
  auto p = daemons_.start(node, tools_.waymark);
  if (!p) return p.error();
  waymark_[node] = std::move(*p);
  return daemons_.ready(node);
}

Status PathsFabric::end(const std::string& node) {
  waymark_[node].signal(SIGKILL);
  if (!waymark_[node].wait(kPatience)) return Error{fmt::format("the daemon of {} does not end", node)};
  return Done{};
}

Status PathsFabric::up(bool outlives_us) {
  daemons_.outlive_us = outlives_us;
  WM_TRY(site_.build());
  WM_TRY(long_links_.start(site_, tools_.waymark, outlives_us));
  WM_TRY(site_.write_files(passing_));
  WM_TRY(provision());
  WM_TRY(write_blob(site_.file("www/bulk"), kBulk));
  WM_TRY(write_blob(site_.file("www/blob")));
  for (const std::string& server : kPathServers) {
    auto web = Process::start({site_.netns(server),
                               {"nginx", "-c", site_.file(server + ".nginx")},
                               site_.file(server + ".nginx.out"),
                               outlives_us});
    if (!web) return web.error();
    web_[server] = std::move(*web);
  }
  auto unbound = Process::start({site_.netns(kResolver),
                                 {"unbound", "-d", "-c", site_.file(kResolver + ".unbound")},
                                 site_.file(kResolver + ".unbound.out"),
                                 outlives_us});
  if (!unbound) return unbound.error();
  unbound_ = std::move(*unbound);
  WM_TRY(start_all());
  for (const Known& known : known_servers()) {
    const std::string address = server_address(known.client, known.server);
    const Time until = now() + kPatience;
    for (bool heard = false; !heard; pause_for(milliseconds(50))) {
      heard = bool(fetch(known.client, url(address, "who")));
      if (!heard && (now() > until || interrupted()))
        return Error{
            fmt::format("{} of {} does not reach {} at {}", known.client, site_.prefix(), known.server, address)};
    }
  }
  if (!outlives_us) return Done{};
  unbound_.release();
  for (auto* all : {&web_, &waymark_})
    for (auto& [node, process] : *all) process.release();
  return Done{};
}

Status PathsFabric::down() { return daemons_.down(waymark_, kPatience); }

Result<std::string> PathsFabric::fetch(const std::string& client, const std::string& url) const {
  return run({.netns = site_.netns(client), .argv = {"curl", "-sS", "--fail", "--max-time", "2", "--globoff", url}});
}

Status PathsFabric::kill_all() {
  for (auto& [node, process] : waymark_) process.signal(SIGKILL);
  for (const std::string& node : all_nodes()) WM_TRY(end(node));
  return Done{};
}

Status PathsFabric::start_all() {
  for (const std::string& node : all_nodes()) {
    auto p = daemons_.start(node, tools_.waymark);
    if (!p) return p.error();
    waymark_[node] = std::move(*p);
  }
  for (const std::string& node : all_nodes()) WM_TRY(daemons_.ready(node));
  return Done{};
}

Status PathsFabric::lose_pop() {
  WM_TRY(site_.cut(kMiddlePop));
  WM_TRY(end(pop_name(kMiddlePop)));
  forget_instance(site_.instance(pop_name(kMiddlePop)));
  return Done{};
}

Status PathsFabric::regain_pop() {
  WM_TRY(launch_middle());  // first, or others would send to a machine that is no POP yet
  return site_.join(kMiddlePop);
}

std::vector<std::string> PathsFabric::others() const {
  std::vector<std::string> out;
  for (u32 id = 1; id <= kPopCount; ++id)
    if (id != kMiddlePop) out.push_back(pop_name(id));
  return out;
}

Status PathsFabric::take_out(bool out) {
  if (!out) WM_TRY(launch_middle());
  WM_TRY(site_.write_pops(passing_, out ? std::to_string(kMiddlePop) : ""));
  for (const std::string& pop : others())
    if (auto said = daemons_.ask(pop, {"reload"}); !said) return said.error();
  return out ? silence() : Status(Done{});
}

Status PathsFabric::change_key(std::vector<std::string> words) {
  words.insert(words.begin(), {tools_.waymark, "key"});
  words.insert(words.end(), {"-c", site_.file("p1.toml")});
  if (auto said = run({.argv = std::move(words)}); !said) return said.error();
  WM_TRY(site_.share_keys());
  for (u32 id = 1; id <= kPopCount; ++id)
    if (auto said = daemons_.ask(pop_name(id), {"reload"}); !said) return said.error();
  return Done{};
}

Status PathsFabric::reaches(bool new_ones, bool old_ones) {
  for (const Known& known : known_servers())
    for (const auto& [epoch, wanted] : {std::pair(1u, old_ones), std::pair(2u, new_ones)}) {
      const auto address =
          epoch == 1 ? Result<std::string>(servers_.at({known.client, known.server})) : server_address(known, epoch);
      if (!address) return address.error();
      const auto seen = fetch(known.client, url(*address, "who"));
      if (bool(seen) != wanted)
        return Error{fmt::format("{} {} {} by its address of epoch {}", known.client,
                                 wanted ? "does not reach" : "still reaches", known.server, epoch)};
    }
  return Done{};
}

Status PathsFabric::rotate() {
  WM_TRY(change_key({"rotate", "servers", "--epoch", "2"}));
  return reaches(true, true);  // by the new one, too, though none is handed out yet
}

Status PathsFabric::use_new_key() {
  WM_TRY(change_key({"use", "servers", "2"}));
  const auto refused = change_key({"retire", "servers", "1"});
  if (refused) return Error{"`waymark key retire` removes a key that is in use"};
  if (refused.error().sentence.find("packets had tags by the key of epoch 1") == std::string::npos) return refused;
  return reaches(true, true);
}

Status PathsFabric::retire_old_key() {
  const auto before = daemons_.count("p1", "path.unknown_epoch");
  WM_TRY(change_key({"retire", "servers", "1", "--force"}));
  WM_TRY(reaches(true, false));
  const auto after = daemons_.count("p1", "path.unknown_epoch");
  if (before && after && *after > *before) return Done{};
  return Error{"POP 1 counts no packet more as path.unknown_epoch"};
}

Status PathsFabric::silence() {
  const std::string middle = pop_name(kMiddlePop);
  WM_TRY(daemons_.down({middle}));
  if (!waymark_[middle].wait(kPatience)) return Error{fmt::format("the daemon of {} does not end", middle)};
  return Done{};
}

Status PathsFabric::cut_link(bool cut) {
  if (!cut) return site_.join_link(kMiddlePop, kCutTo);
  changed_at_ = now();
  return site_.cut_link(kMiddlePop, kCutTo);
}

Status PathsFabric::delay(u32 a, u32 b, Duration delay) {
  changed_at_ = now();
  return long_links_.delay(a, b, delay);
}

Status PathsFabric::answers_lead(const std::string& client, const std::string& server,
                                 const std::vector<u32>& path) const {
  for (const Time until = now() + kPatience; now() < until && !interrupted(); pause_for(milliseconds(10)))
    if (const auto is = answered(*this, client, server); is && is->path == path) return Done{};
  return Error{fmt::format("no answer leads {} to {} by POPs {}", client, server, fmt::join(path, ","))};
}

Status PathsFabric::answers_follow(const std::string& client, const std::string& server, const std::vector<u32>& path) {
  WM_TRY(answers_lead(client, server, path));
  followed_.push_back(now() - changed_at_);
  return Done{};
}

Status PathsFabric::keep_names_to(const std::string& core) {
  const int pid = waymark_[pop_name(kNamesPop)].pid();
  const auto said = run({.argv = {"taskset", "-a", "-p", "-c", core, std::to_string(pid)}});
  return said ? Status(Done{}) : said.error();
}

Status PathsFabric::answer_by_daemon() {
  const std::string pop = pop_name(kNamesPop), path = site_.file(pop + ".toml");
  auto text = read_config_file(path);
  if (!text) return text.error();
  const std::string section = "\n[dns]\n";
  WM_TRY(write_file(path, text->replace(text->find(section), section.size(), section + "xdp = false\n")));
  const auto said = daemons_.ask(pop, {"reload"});
  return said ? Status(Done{}) : said.error();
}

Status PathsFabric::launch_middle() { return launch(pop_name(kMiddlePop)); }

Status PathsFabric::warned(const std::string& of) {
  const std::string sentence = fmt::format("POP {} {}", kMiddlePop, of);
  for (const std::string& pop : others()) {
    const Time until = now() + seconds(3);
    for (bool told = false; !told; pause_for(milliseconds(50))) {
      const auto status = daemons_.ask(pop, {"show", "status"});
      told = status && status->find(sentence) != std::string::npos;
      if (!told && (now() > until || interrupted()))
        return Error{fmt::format("`show status` of {} does not warn that {}", pop, sentence)};
    }
  }
  return Done{};
}

}  // namespace waymark::lab
