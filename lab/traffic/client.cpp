#include <algorithm>
#include <cstdio>
#include <list>

#include "lab/options.h"
#include "lab/traffic/flow.h"
#include "lab/traffic/probes.h"
#include "lab/traffic/stats.h"
#include "lab/traffic/traffic.h"

namespace waymark::lab {
namespace {

using std::chrono::milliseconds;

constexpr Duration kTick = milliseconds(5);
constexpr Duration kAskEvery = milliseconds(950);  // a message a second each way, with room for the way itself
constexpr u32 kOpenPerTick = 4;                    // 800 a second
constexpr u32 kProbeSockets = 32;                  // per service address

class Client : Flow::Owner, Probes::Owner {
 public:
  Client(std::vector<Endpoint> to, u64 id) : to_(std::move(to)), next_connection_(id << 32), probes_(loop_, *this) {
    mark("start");
  }

  int run(Duration limit) {
    if (auto ok = probes_.open(to_, kProbeSockets); !ok) {
      std::fprintf(stderr, "%s\n", ok.error().sentence.c_str());
      return 1;
    }
    loop_.run(
        kTick, limit, [this](Time at) { tick(at); }, [this](const std::string& line) { command(line); });
    return 0;
  }

 private:
  // A connection with what the client remembers about it.
  struct Held : Flow {
    Held(Client& client, bool s) : Flow(client.loop_, client), is_short(s) {}
    const bool is_short;
    bool wanted = true;  // a broken connection is not opened again before the next `open`
    bool was_established = false;
    size_t window = 0;  // in which it was begun
    Time next_ask{};
  };

  void established(Flow& flow) override {
    auto& held = static_cast<Held&>(flow);
    held.was_established = true;
    ++report_.opened;
    held.next_ask = now() + Duration(mix(report_.opened) % u64(kAskEvery.count()));
    if (!held.is_short) ++report_.live;
    held.ask();
    if (closing_) held.finish();
  }

  void answered(Flow& flow, Duration waited) override {
    auto& held = static_cast<Held&>(flow);
    ++report_.answered;
    if (held.is_short) {
      ++report_.windows[held.window].fresh_at[text(held.server())];
      return held.finish();
    }
    Window& window = report_.windows.back();
    ++window.messages;
    ++window.messages_of[text(held.server())];
    stalled(waited);
  }

  void over(Flow& flow, Flow::End how) override {
    auto& held = static_cast<Held&>(flow);
    if (held.was_established && !held.is_short) --report_.live;
    if (how == Flow::End::clean) {
      ++report_.closed;
    } else if (held.is_short) {
      ++report_.windows[held.window].fresh_failed;
    } else {
      // Silence belongs to the window in which it began.
      Window& window = report_.windows[how == Flow::End::silent ? window_at(held.since()) : windows_begin_.size() - 1];
      Broken& broken = window.broken;
      if (how == Flow::End::reset) ++broken.reset;
      if (how == Flow::End::ended) ++broken.ended;
      if (how == Flow::End::mismatch) ++broken.mismatch;
      if (how == Flow::End::silent) ++broken.silent;
      if (how != Flow::End::refused) ++window.broken_at[text(held.server())];
      held.wanted = how == Flow::End::refused;
    }
    held.was_established = false;
  }

  size_t probe_sent() override {
    ++report_.windows.back().probes;
    return report_.windows.size() - 1;
  }
  void probe_answered(bool moved) override {
    ++report_.probes_answered;
    report_.windows.back().probes_moved += moved;
  }
  void probe_refused() override { ++report_.windows.back().probes_refused; }
  void probe_lost(size_t window) override { ++report_.windows[window].probes_lost; }

  void stalled(Duration waited) {
    double& longest = report_.windows.back().longest_stall_ms;
    longest = std::max(longest, std::chrono::duration<double, std::milli>(waited).count());
  }

  size_t window_at(Time at) const {
    const auto after = std::upper_bound(windows_begin_.begin(), windows_begin_.end(), at);
    return after == windows_begin_.begin() ? 0 : size_t(after - windows_begin_.begin()) - 1;
  }

  void mark(const std::string& name) {
    report_.windows.push_back({.name = name, .spanning = report_.live});
    windows_begin_.push_back(now());
  }

  void start(Held& held) {
    held.window = report_.windows.size() - 1;
    const u64 connection = next_connection_++;
    held.start(to_[connection % to_.size()], connection);
  }

  void tick(Time at) {
    u32 may_open = kOpenPerTick;
    for (Held& held : long_) {
      if (held.free()) {
        if (closing_ || !held.wanted || may_open == 0) continue;
        --may_open;
        start(held);
      } else if (held.established() && !closing_ && !held.waiting() && held.next_ask <= at) {
        held.next_ask = at + kAskEvery;
        held.ask();
      } else {
        if (held.established() && held.waiting()) stalled(at - held.since());
        held.tick(at);
      }
    }
    for (; fresh_every_ > Duration::zero() && next_fresh_ <= at; next_fresh_ += fresh_every_) {
      auto idle = std::find_if(short_.begin(), short_.end(), [](const Held& h) { return h.free(); });
      if (idle == short_.end()) idle = short_.emplace(short_.end(), *this, true);
      ++report_.windows.back().fresh;
      start(*idle);
    }
    for (Held& held : short_) held.tick(at);
    probes_.tick(at);
  }

  void command(const std::string& line) {
    const size_t space = line.find(' ');
    const std::string verb = line.substr(0, space), rest = space == std::string::npos ? "" : line.substr(space + 1);
    const u32 n = u32(std::strtoul(rest.c_str(), nullptr, 10));
    if (verb == "open") {
      closing_ = false;
      while (long_.size() < n) long_.emplace_back(*this, false);
      for (Held& held : long_) held.wanted = true;
    }
    if (verb == "fresh") {
      fresh_every_ = n == 0 ? Duration::zero() : Duration(std::chrono::seconds(1)) / n;
      next_fresh_ = now();
    }
    if (verb == "probe") probes_.rate(n);
    if (verb == "mark") mark(rest);
    if (verb == "close") {
      closing_ = true;
      fresh_every_ = Duration::zero();
      probes_.rate(0);
      for (Held& held : long_)
        if (held.established()) held.finish();
    }
    report_.under_way = report_.probes_under_way = probes_.outstanding();
    for (const Held& held : short_) report_.under_way += !held.free();
    for (const Held& held : long_) report_.under_way += !held.free() && !held.established();
    std::printf("%s\n", to_json(report_).c_str());
    std::fflush(stdout);
  }

  Loop loop_;
  std::vector<Endpoint> to_;
  u64 next_connection_;
  Probes probes_;
  std::list<Held> long_, short_;
  bool closing_ = false;
  Duration fresh_every_{};
  Time next_fresh_{};
  ClientReport report_;
  std::vector<Time> windows_begin_;
};

}  // namespace

int traffic_client(int argc, char** argv) {
  constexpr Option kKnown[] = {{"--to"}, {"--port", 65'535}, {"--id", 1'000'000}, {"--for", 86'400}};
  const auto read = options(argc, argv, kKnown);
  if (!read) {
    std::fprintf(stderr, "%s\n", read.error().sentence.c_str());
    return 2;
  }
  const Options& given = *read;
  allow_many_files();
  auto to = endpoints(word(given, "--to"), u16(number(given, "--port", 7000)));
  if (!to) {
    std::fprintf(stderr, "%s\n", to.error().sentence.c_str());
    return 2;
  }
  return Client(*to, u64(number(given, "--id", 1))).run(std::chrono::seconds(number(given, "--for", 300)));
}

}  // namespace waymark::lab
