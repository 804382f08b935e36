#include "cli/key.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/file.h"
#include "cli/key_users.h"
#include "cli/load.h"
#include "config/parse.h"
#include "config/rotation.h"
#include "daemon/client.h"

namespace waymark::cli {

namespace {

// A file, as read and as understood; a sentence was printed where it is none.
struct Opened {
  std::string text;
  Config config;
};
std::optional<Opened> opened(const KeyOptions& options) {
  const Result<std::string> text = read_config_file(options.config, options.print);
  if (!text) {
    complain(text.error());
    return {};
  }
  Parsed parsed = parse_config(*text, options.config);
  for (const Problem& problem : parsed.problems)
    if (!problem.warning) fmt::print(stderr, "{}\n", render(problem));
  if (!parsed.config) return {};
  return Opened{*text, std::move(*parsed.config)};
}

// 128 bits of the kernel's randomness, as hexadecimal digits.
std::string fresh_key() {
  u8 bytes[16];
  while (getrandom(bytes, sizeof bytes, 0) != ssize_t(sizeof bytes)) continue;  // at most 256 bytes come whole
  std::string out;
  for (const u8 byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

int write(const KeyOptions& options, const Opened& in, const Result<KeyChange>& change, const std::string& news) {
  if (!change) return complain(change.error());
  const auto text = change_keys(in.text, *change, options.config);
  if (!text) return complain(text.error());
  if (options.print) {
    fmt::print("{}", *text);
    return 0;
  }
  if (const Status written = rewrite_file(options.config, in.text, *text); !written) return complain(written.error());
  fmt::print("{}\n", news);
  return 0;
}

// What the daemon of this file answers about its keys. Empty where none runs here, or its [path] has not this plan.
struct Asked {
  path::KnownKey key;  // as the file has it
  std::string answer;
};
Result<std::optional<Asked>> asked(const KeyOptions& options, const Config& config) {
  const auto keys = path::known_keys(config);
  const auto key = std::ranges::find_if(
      keys, [&](const path::KnownKey& k) { return k.plan == options.plan && k.epoch == options.epoch; });
  if (key == keys.end()) return std::optional<Asked>();
  std::string socket = options.socket;
  if (socket.empty()) socket = config.api.socket.empty() ? default_socket(config.name) : config.api.socket;
  if (options.socket.empty() && access(socket.c_str(), F_OK) != 0) {
    fmt::print(stderr, "waymark: no daemon runs here by {}, so nothing is known of who knows or uses the key\n",
               options.config);
    return std::optional<Asked>();
  }
  auto answer = api_get(socket, "/v1/keys");
  if (!answer) return answer.error();
  return std::optional(Asked{*key, std::move(*answer)});
}

// Whether the daemon says nothing against it.
Status nothing_against(const KeyOptions& options, const Config& config,
                       Status (*judge)(const std::string&, const path::KnownKey&)) {
  if (options.force) return Done{};
  const auto said = asked(options, config);
  const Status good = !said ? Status(said.error()) : *said ? judge((*said)->answer, (*said)->key) : Status(Done{});
  return good ? good : Error{good.error().sentence + "; --force does it all the same"};
}

int rotate(const KeyOptions& options) {
  const auto in = opened(options);
  if (!in) return kFailed;
  const auto change = add_key(in->config, options.plan, options.epoch, fresh_key());
  if (!change) return complain(change.error());
  return write(options, *in, change,
               fmt::format("plan {} has a new key, of epoch {}; epoch {} goes on making new addresses: give {} to all "
                           "POPs and reload them, then `waymark key use {} {}`",
                           options.plan, *change->add, *change->use, options.config, options.plan, *change->add));
}

int use(const KeyOptions& options) {
  const auto in = opened(options);
  if (!in) return kFailed;
  const auto change = use_key(in->config, options.plan, *options.epoch);
  if (!change) return complain(change.error());
  if (const Status good = nothing_against(options, in->config, all_know); !good) return complain(good.error());
  return write(options, *in, change,
               fmt::format("the key of epoch {} makes new addresses of plan {}, once {} is reloaded", *options.epoch,
                           options.plan, options.config));
}

int retire(const KeyOptions& options) {
  const auto in = opened(options);
  if (!in) return kFailed;
  const auto change = retire_key(in->config, options.plan, *options.epoch);
  if (!change) return complain(change.error());
  if (const Status good = nothing_against(options, in->config, none_uses); !good) return complain(good.error());
  return write(options, *in, change,
               fmt::format("plan {} has no key of epoch {} any more: POPs refuse its addresses, once {} is reloaded",
                           options.plan, *options.epoch, options.config));
}

}  // namespace

void add_key_commands(CLI::App& app, KeyOptions& options, std::function<int()>& chosen) {
  CLI::App* keys = app.add_subcommand("key", "Change the keys of a plan's tags in the configuration");
  keys->require_subcommand(1);
  const auto under = [&](const std::string& name, const std::string& about, int (*run)(const KeyOptions&)) {
    CLI::App* c = keys->add_subcommand(name, about);
    c->callback([&options, &chosen, run] { chosen = [&options, run] { return run(options); }; });
    c->add_option("-c,--config", options.config, fmt::format("The configuration (default {})", options.config))
        ->type_name("FILE");
    c->add_option("PLAN", options.plan, "A [plan.NAME] whose layout has an epoch")->required();
    c->add_flag("--print", options.print, "Print the new text, and leave the file as it is");
    return c;
  };
  under("rotate", "Add a new key, which POPs know before any address uses it", rotate)
      ->add_option("--epoch", options.epoch, "The new key's epoch (default: the next free one)")
      ->type_name("N");
  const auto asking = [&](CLI::App* c) {
    c->add_option("EPOCH", options.epoch, "The key's epoch")->required();
    c->add_option("--socket", options.socket, "The daemon to ask (default: the one that runs here by the file)")
        ->type_name("PATH");
    c->add_flag("--force", options.force, "Do it whatever `waymark show keys` says");
  };
  asking(under("use", "Make new addresses by another key, which all POPs know", use));
  asking(under("retire", "Remove a key: POPs refuse the addresses that it made", retire));
}

}  // namespace waymark::cli
