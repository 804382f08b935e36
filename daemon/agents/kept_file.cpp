#include "daemon/agents/kept_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/agents/kept.h"
#include "daemon/log.h"

namespace waymark {

namespace {

using namespace std::chrono_literals;

constexpr Duration kApart = 1s;
constexpr std::size_t kMostText = 64 << 20;
constexpr unsigned kMode = 0600;

Status write(const std::string& path, const std::vector<agents::KeptRegistration>& kept, Time now) {
  return replace_file(path, text_of(kept, now), kMode);
}

}  // namespace

KeptFile::KeptFile(Worker& worker, const std::string& node)
    : path_(fmt::format("/run/waymark/{}.bindings", node)), worker_(worker) {}

void KeptFile::restore(Agents& agents, Time now) const {
  if (!agents.registrar() || access(path_.c_str(), F_OK)) return;
  const Result<std::string> text = read_file(path_, {.most_bytes = kMostText, .only_owners = true});
  const Result<KeptAgents> kept = text ? read_kept(*text) : Result<KeptAgents>(text.error());
  if (!kept) return log::warning(fmt::format("{}: {}; servers register anew", path_, kept.error().sentence));
  if (kept->at > now) return;  // of another boot
  agents.registrar()->restore(kept->registrations, now - kept->at, now);
}

void KeptFile::step(const Agents& agents, Time now) {
  const agents::Registrar* registrar = agents.registrar();
  if (!registrar) return void(due_ = Time::max());
  const u64 accepted = registrar->counters().accepted + registrar->changes();
  if (accepted != seen_ && due_ == Time::max()) due_ = std::max(now, written_ + kApart);
  if (now < due_) return;
  due_ = Time::max();
  written_ = now;
  seen_ = accepted;
  worker_.run<Done>([path = path_, kept = registrar->kept(now), now] { return write(path, kept, now); },
                    [path = path_](const Status& done) {
                      if (!done) log::warning(fmt::format("registrations are not kept: {}", done.error().sentence));
                    });
}

void KeptFile::flush(const Agents& agents, Time now) const {
  if (!agents.registrar()) return;
  if (const Status done = write(path_, agents.registrar()->kept(now), now); !done)
    log::warning(fmt::format("registrations are not kept: {}", done.error().sentence));
}

}  // namespace waymark
