// Everything is asked twice, in two equal places one after the other, so that no path MTU is known from before: first
// TAYGA, whose answers are shown and decide nothing, then Waymark, where every one of them is a claim.
#include "lab/translator/translator.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "lab/kit/capture.h"
#include "lab/kit/downloads.h"
#include "lab/kit/loop.h"
#include "lab/kit/polling.h"
#include "lab/kit/stage.h"
#include "lab/translator/box.h"
#include "lab/translator/probes.h"
#include "lab/translator/site.h"

namespace waymark::lab {
namespace {

TranslatorSite place() { return TranslatorSite(kTranslatorPrefix, kLabDirectory + "/translator"); }

Status build(const TranslatorSite& site) {
  WM_TRY(site.build());
  for (const char* node : {"r4", "r6"})
    for (const char* interface : {"eth", "low"}) WM_TRY(poll_without_merging(site.netns(node), interface));
  return Done{};
}

struct Rates {
  double bits = 0, packets = 0;
};

class Run {
 public:
  Run(const TranslatorSite& site, Box& box, const Say& say) : site_(site), box_(box), say_(say), ask_(site) {}

  Status all(Verdict& out, Rates (&rates)[2]) {
    WM_TRY(build(site_));
    WM_TRY(ask_.start(false));
    for (To to : kBoth) out.check(!ask_.passes(to), "without a translator no ping passes");
    WM_TRY(box_.up(false));
    WM_TRY(wait_for_box());
    say_(fmt::format("{} is up", box_.name()));
    Capture capture(site_, {{"the IPv4 side", "r4", {{"eth", kWideMtu}, {"low", kLow4}}},
                            {"the IPv6 side", "r6", {{"eth", kWideMtu}, {"low", kLow6}}}});
    WM_TRY(capture.start());
    WM_TRY(questions(out));
    WM_TRY(capture.stop());
    say_(fmt::format("{} has been asked everything; now tshark reads what passed", box_.name()));
    WM_TRY(judge(capture, out));
    for (To to : kBoth) WM_TRY(measure(to, rates[u8(to)]));
    return interrupted() ? Status(Error{"it was interrupted"}) : Status(Done{});
  }

  Status kill_in_downloads(Verdict& out) {
    WM_TRY(write_blob(site_.file("www/blob")));
    Downloads downloads;
    WM_TRY(downloads.start({{site_.netns("h4"), "http://" + seen4(Path::wide) + "/blob", site_.file("download4")},
                            {site_.netns("h6"), "http://[" + seen6(Path::wide) + "]/blob", site_.file("download6")}}));
    const Time end = now() + std::chrono::seconds(10);
    while (!downloads.all_under_way() && now() < end) pause_for(std::chrono::milliseconds(5));
    out.check(downloads.all_under_way(), "downloads are under way in both directions");
    WM_TRY(box_.kill());
    say_("the daemon is killed with -9");
    auto whole = downloads.finish();
    out.check(bool(whole), whole ? "with the daemon killed by -9 in their middle " + *whole : whole.error().sentence);
    for (To to : kBoth) out.check(ask_.passes(to), "without a daemon a new ping passes");
    WM_TRY(box_.up(false));
    for (To to : kBoth) out.check(ask_.ping(to));
    return Done{};
  }

  Status end(Verdict& out) {
    const Status down = box_.down();
    out.check(bool(down), down ? fmt::format("{} went down in order", box_.name()) : down.error().sentence);
    for (To to : kBoth) out.check(!ask_.passes(to), "and no ping passes any more");
    return Done{};
  }

 private:
  Status wait_for_box() {
    for (const Time end = now() + std::chrono::seconds(10); now() < end && !interrupted();)
      if (ask_.passes(To::ip6) && ask_.passes(To::ip4)) return Done{};
    return Error{fmt::format("{} lets no ping pass", box_.name())};
  }

  Status questions(Verdict& out) {
    out.check(ask_.plain_udp());  // first, as the capture must show it: of what comes last it misses some
    for (To to : kBoth) {
      out.check(ask_.ping(to));
      out.check(ask_.fetch(to));
      out.check(ask_.stream(to));
      for (const bool by_echo : {false, true}) out.check(ask_.trace(to, by_echo));
      out.check(ask_.resolve(to));
      for (Path path : kPaths) {
        out.check(ask_.echoes_find_mtu(to, path));
        out.check(ask_.bulk_finds_mtu(to, path));
      }
      if (interrupted()) return Error{"it was interrupted"};
    }
    return Done{};
  }

  Status judge(const Capture& capture, Verdict& out) const {
    const auto seen = capture.judge(out);
    if (!seen) return seen.error();
    const Judged &of4 = seen->at(0), &of6 = seen->at(1);
    out.check(of4.fragments > 0 && of6.fragments > 0,
              fmt::format("{} fragments on the IPv4 side, {} on the IPv6 side", of4.fragments, of6.fragments));
    out.check(of4.no_checksum > 0 && of6.no_checksum == 0,
              fmt::format("{} UDP packets without a checksum on the IPv4 side, {} on the IPv6 side", of4.no_checksum,
                          of6.no_checksum));
    return Done{};
  }

  Status measure(To to, Rates& into) {
    auto bits = ask_.bits_per_second(to), packets = ask_.packets_per_second(to);
    if (!bits || !packets) return bits ? packets.error() : bits.error();
    into = {*bits, *packets};
    say_(fmt::format("{}, {}: TCP {:.2f} Gbit/s, UDP with 64 bytes {:.0f}k packets a second", box_.name(),
                     to == To::ip6 ? "IPv4 to IPv6" : "IPv6 to IPv4", into.bits / 1e9, into.packets / 1e3));
    return Done{};
  }

  const TranslatorSite& site_;
  Box& box_;
  const Say& say_;
  Questions ask_;
};

// What TAYGA answered is for people to compare; that it could be asked at all shows that the lab is right.
Status compare(const Say& say, Verdict& out, Rates (&rates)[2]) {
  const Stage cleared;  // the place's files and namespaces go, for the next one is called the same
  const TranslatorSite site = place();
  const auto box = tayga_box(site);
  Run run(site, *box, say);
  Verdict seen;
  WM_TRY(run.all(seen, rates));
  WM_TRY(run.end(seen));
  size_t held = 0;
  for (const Check& c : seen.checks) {
    held += c.ok;
    if (!c.ok) say("TAYGA does otherwise: " + c.sentence.substr(0, c.sentence.find('\n')));
  }
  out.check(held > 0, fmt::format("TAYGA, to compare: {} of {} claims hold", held, seen.checks.size()));
  return Done{};
}

Status play(const Tools& tools, const Say& say, Verdict& out) {
  Rates theirs[2], ours[2];
  WM_TRY(compare(say, out, theirs));
  WM_TRY(prepare_machine());
  const TranslatorSite site = place();
  const auto box = waymark_box(site, tools);
  Run run(site, *box, say);
  WM_TRY(run.all(out, ours));
  for (To to : kBoth) {
    const Rates &w = ours[u8(to)], &t = theirs[u8(to)];
    const char* direction = to == To::ip6 ? "IPv4 to IPv6" : "IPv6 to IPv4";
    out.check(w.bits > 0 && w.packets > 0, fmt::format("{}: both rates were measured", direction));
    // No claim: how fast all this is depends on what else the machine does.
    say(
        fmt::format("{}: through Waymark TCP is {:.1f} times as fast as through TAYGA, and {:.1f} times as many small "
                    "packets arrive",
                    direction, w.bits / t.bits, w.packets / t.packets));
  }
  WM_TRY(run.kill_in_downloads(out));
  return run.end(out);
}

}  // namespace

Verdict run_translator(const Tools& tools, const Say& say) {
  return staged("translator", {}, [&](Verdict& out) { return play(tools, say, out); });
}

Status raise_translator(const Tools& tools) {
  const TranslatorSite site = place();
  WM_TRY(build(site));
  Questions ask(site);
  WM_TRY(ask.start(true));
  ask.release();
  return waymark_box(site, tools)->up(true);
}

}  // namespace waymark::lab
