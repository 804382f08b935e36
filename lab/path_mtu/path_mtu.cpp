// Everything is tried twice in one place. First as the control: a director that tells nobody, and a router whose errors
// about replies are lost, as they are where nobody knows whose they are. Then all of it must pass.
#include "lab/path_mtu/path_mtu.h"

#include <fmt/format.h>

#include <chrono>
#include <csignal>

#include "lab/kit/loop.h"
#include "lab/kit/netns.h"
#include "lab/kit/stage.h"
#include "lab/path_mtu/questions.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(15);

class Run {
 public:
  Run(const Tools& tools, const Say& say)
      : site_(kPathMtuPrefix, kLabDirectory + "/path_mtu"),
        tools_(tools),
        daemons_(site_, tools),
        ask_(site_),
        say_(say) {}

  Status all(Verdict& out) {
    WM_TRY(site_.build());
    WM_TRY(ask_.prepare());
    WM_TRY(site_.write_server());
    auto web = Process::start({site_.netns("s"), {"nginx", "-c", site_.file("s.nginx")}, site_.file("s.nginx.out")});
    if (!web) return web.error();
    auto host = daemons_.start("s", tools_.waymark);
    if (!host) return host.error();
    WM_TRY(daemons_.ready("s"));
    WM_TRY(control(out));
    WM_TRY(start("answer", true));
    WM_TRY(transfers(out));
    WM_TRY(shown(out));
    WM_TRY(counted(out));
    WM_TRY(to_the_server(out));
    // A server that is gone takes the address's answer with it.
    web->signal(SIGTERM);
    if (!web->wait(kPatience)) return Error{"nginx does not end"};
    const bool silent = await([&] { return !ask_.ping("c2", false) && !ask_.ping("c2", true); });
    out.check(silent, silent ? "once no target is well, pings of the service are not answered"
                             : "pings of the service are answered without a server");
    const Status down = daemons_.down({"d", "s"});
    out.check(bool(down), down ? "both daemons went down in order" : down.error().sentence);
    if (!director_.wait(kPatience) || !host->wait(kPatience)) return Error{"a daemon does not end"};
    return Done{};
  }

 private:
  bool await(const std::function<bool()>& holds) const {
    for (const Time end = now() + kPatience; now() < end && !interrupted(); pause_for(milliseconds(50)))
      if (holds()) return true;
    return false;
  }

  Status start(const char* echo, bool tells) {
    WM_TRY(site_.write_director(tells, echo));
    auto director = daemons_.start("d", tools_.waymark);
    if (!director) return director.error();
    director_ = std::move(*director);
    WM_TRY(daemons_.ready("d"));
    return await_targets();
  }

  Status await_targets() {
    const bool open = await([&] {
      return bool(run({.netns = site_.netns("c2"),
                       .argv = {"curl", "-sS", "--fail", "--max-time", "1",
                                fmt::format("http://{}:{}/alive", kService4, kTunnels[3].port)}}));
    });
    return open ? Status(Done{}) : Status(Error{"the service does not answer"});
  }

  // Once of each is enough to show that nothing else lets them through.
  Status control(Verdict& out) {
    const Stop stop{*this};
    WM_TRY(start("kernel", false));
    WM_TRY(site_.silence(true));
    for (const bool ip6 : {false, true}) {
      WM_TRY(site_.forget());
      const auto upload = ask_.upload("c2", kTunnels[1], ip6);
      out.check(!upload, upload ? "without any telling " + *upload
                                : fmt::format("IPv{}: without any telling an upload hangs", ip6 ? 6 : 4));
      const auto download = ask_.download("c1", kTunnels[1], ip6);
      out.check(!download, download ? "without any telling " + *download
                                    : fmt::format("IPv{}: without any telling a download hangs", ip6 ? 6 : 4));
      out.check(!ask_.trace("c2", "-U", ip6),
                fmt::format("IPv{}: without answers traceroute does not end at the service", ip6 ? 6 : 4));
    }
    return site_.silence(false);
  }

  Status transfers(Verdict& out) {
    for (const char* client : {"c1", "c2"})
      for (const TunnelKind& tunnel : kTunnels)
        for (const bool ip6 : {false, true}) {
          WM_TRY(site_.forget());
          out.check(ask_.upload(client, tunnel, ip6));
          WM_TRY(site_.forget());
          out.check(ask_.download(client, tunnel, ip6));
          if (interrupted()) return Error{"it was interrupted"};
        }
    return Done{};
  }

  Status shown(Verdict& out) {
    for (const char* client : {"c1", "c2"})
      for (const bool ip6 : {false, true}) {
        for (const char* how : {"-U", "-I", "-T"}) out.check(ask_.trace(client, how, ip6));
        out.check(ask_.ping(client, ip6));
        for (const bool tcp : {false, true}) out.check(ask_.closed(client, ip6, tcp));
      }
    return Done{};
  }

  // That it was the director who told them, and how.
  Status counted(Verdict& out) {
    for (const char* reason : {"director.too_big", "director.told_on", "error_carried", "director.echoed",
                               "director.closed_unreachable", "director.closed_reset", "director.hop_limit"}) {
      auto packets = daemons_.count("d", reason);
      if (!packets) return packets.error();
      out.check(*packets > 0, fmt::format("{}: {} packets", reason, *packets));
    }
    return Done{};
  }

  Status to_the_server(Verdict& out) {
    WM_TRY(site_.write_director(true, "target"));
    auto reloaded = daemons_.ask("d", {"reload"});
    if (!reloaded) return reloaded.error();
    const auto before = daemons_.count("d", "director.echoed");
    for (const bool ip6 : {false, true}) out.check(ask_.ping("c1", ip6));
    const auto after = daemons_.count("d", "director.echoed");
    out.check(before && after && *before == *after, "with echo = \"target\" the server answers them, not the director");
    return Done{};
  }

  struct Stop {  // the director, at the end of a scope
    Run& run;
    ~Stop() {
      (void)run.daemons_.down({"d"});
      (void)run.director_.wait(kPatience);
    }
  };

  PathMtuSite site_;
  const Tools& tools_;
  Daemons daemons_;
  PathMtuQuestions ask_;
  const Say& say_;
  Process director_;
};

}  // namespace

Verdict run_path_mtu(const Tools& tools, const Say& say) {
  return staged("path_mtu", {}, [&](Verdict& out) {
    Run run(tools, say);
    return run.all(out);
  });
}

}  // namespace waymark::lab
