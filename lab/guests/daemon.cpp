#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "lab/guests/events.h"
#include "lab/kit/loop.h"

namespace waymark::lab {
namespace fs = std::filesystem;
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(10);
// A check waits 500 ms for its answer. After a short run the process is held again when it has asked, and before it
// has read the answers.
constexpr Duration kHeld = milliseconds(1200), kBetween = milliseconds(500);
constexpr Duration kStarved = milliseconds(600), kSlice = std::chrono::microseconds(300);
constexpr int kTimesHeld = 2, kTimesStarved = 8;
constexpr u32 kDripping = 8;
constexpr Duration kMostToEnd = seconds(4);  // 2 are promised

double ms(Duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What the daemon has logged since `from` bytes, up to the first line's end that holds `word`; "" where it did not.
std::string logged(const std::string& log, size_t from, const std::string& word) {
  const std::string all = text_of(log);
  const size_t at = all.size() > from ? all.find(word, from) : std::string::npos;
  if (at == std::string::npos) return {};
  return all.substr(at, std::min(all.find('\n', all.find('\n', at) + 1), all.size()) - at);
}

// SIGHUP while the key's file is something else.
void reload_with_key(GuestsSite& site, const std::string& what, const std::function<bool(const std::string&)>& put) {
  const GroupSite& place = site.fabric().site();
  const std::string key = place.file("group.key"), kept = key + ".kept", log = place.file("d1.log");
  fs::rename(key, kept);
  const bool there = put(key);
  const size_t from = text_of(log).size();
  site.fabric().daemon("d1").signal(SIGHUP);
  std::string said;
  const bool refused = site.await(seconds(3), [&] { return !(said = logged(log, from, "refused")).empty(); });
  const bool lives = site.fabric().daemon("d1").running() && site.ask({"show", "status"}, seconds(3));
  fs::remove_all(key);
  fs::rename(kept, key);
  site.claim(there && refused && lives,
             fmt::format("[group] key is {}, and SIGHUP: {}, {}", what,
                         refused ? "the reload was refused" : "the log names no refusal",
                         lives ? "the daemon answers" : "the daemon is dead or does not answer"));
}

// A director's start whose socket's path holds a file that is no socket.
Status start_on_a_file(GuestsSite& site) {
  const GroupSite& place = site.fabric().site();
  const std::string path = place.socket("d2"), text = "somebody's\n";
  WM_TRY(write_file(path, text));
  auto daemon = site.fabric().try_daemon("d2");
  if (!daemon) return daemon.error();
  const auto status = daemon->wait(seconds(4));
  if (!status) {
    daemon->signal(SIGKILL);
    (void)daemon->wait(kPatience);
  }
  WM_TRY(site.fabric().forget("d2"));
  const bool kept = fs::is_regular_file(path) && text_of(path) == text;
  site.claim(status && *status != 0 && kept,
             fmt::format("[api] socket names a regular file: a daemon {}, the file is {}",
                         status ? fmt::format("ended with status {}", *status) : "started all the same",
                         kept ? "as it was" : "gone"));
  fs::remove(path);
  return Done{};
}

Status drip(GuestsSite& site, std::vector<std::unique_ptr<Crowd>>& crowds, const std::string& to) {
  auto crowd = site.gather(to, Manner::dripping, kDripping, 50);
  if (!crowd) return crowd.error();
  crowds.push_back(std::move(*crowd));
  site.await(seconds(3), [&] { return crowds.back()->count().connected >= kDripping; });
  return Done{};
}

}  // namespace

Status hostile_files(GuestsSite& site) {
  const auto again = [&] { return site.well(); };
  reload_with_key(site, "a directory", [](const std::string& key) { return mkdir(key.c_str(), 0700) == 0; });
  WM_TRY(again());
  reload_with_key(site, "a FIFO", [](const std::string& key) { return mkfifo(key.c_str(), 0600) == 0; });
  WM_TRY(again());
  reload_with_key(site, "/dev/zero's twin",
                  [](const std::string& key) { return mknod(key.c_str(), S_IFCHR | 0600, makedev(1, 5)) == 0; });
  WM_TRY(again());
  reload_with_key(site, "a file of a terabyte", [](const std::string& key) {
    return write_file(key, "") && chmod(key.c_str(), 0600) == 0 && truncate(key.c_str(), off_t(1) << 40) == 0;
  });
  WM_TRY(again());
  return start_on_a_file(site);
}

Status held_up(GuestsSite& site) {
  Process& daemon = site.fabric().daemon("d1");
  int stopped = 0;
  const auto hold = [&](Duration how_long, Duration then) {
    daemon.signal(SIGSTOP);
    pause_for(how_long);
    const auto is = vitals(daemon.pid());
    stopped += is && is->state == 'T';
    daemon.signal(SIGCONT);
    usleep(useconds_t(then / std::chrono::microseconds(1)));
  };
  for (int i = 0; i < kTimesHeld; ++i) hold(kHeld, kBetween);
  for (int i = 0; i < kTimesStarved; ++i) hold(kStarved, kSlice);
  pause_for(kBetween);
  const auto longest = site.metric("d1", "waymark_loop_longest_pause_microseconds");
  const double pause = longest ? double(*longest) / 1000 : 0;
  site.claim(stopped == kTimesHeld + kTimesStarved && pause >= ms(kHeld) / 2,
             fmt::format("the daemon was stopped {} times, {} times for {:.0f} ms; {}", stopped, kTimesHeld, ms(kHeld),
                         longest ? fmt::format("its loop's longest pause is {:.0f} ms by its own count", pause)
                                 : longest.error().sentence));
  return Done{};
}

Status ended_and_replaced(GuestsSite& site) {
  GroupFabric& fabric = site.fabric();
  const std::string api = fabric.site().socket("d1");
  std::vector<std::unique_ptr<Crowd>> crowds;
  WM_TRY(drip(site, crowds, api));
  WM_TRY(drip(site, crowds, metrics_of("d1")));
  Process& daemon = fabric.daemon("d1");
  const Time told = now();
  daemon.signal(SIGTERM);
  const auto status = daemon.wait(kPatience);
  const Duration took = now() - told;
  site.claim(status == 0 && took <= kMostToEnd,
             status ? fmt::format("SIGTERM with {} dripping guests: ended with status {} after {:.0f} ms",
                                  2 * kDripping, *status, ms(took))
                    : fmt::format("SIGTERM with {} dripping guests: the daemon still ran after {:.0f} s", 2 * kDripping,
                                  ms(took) / 1000));
  daemon.signal(SIGKILL);
  (void)daemon.wait(kPatience);
  crowds.clear();
  fabric.limit("d1", kWide);
  WM_TRY(fabric.start_daemon("d1"));

  WM_TRY(drip(site, crowds, api));
  const Time began = now();
  const Status replaced = fabric.replace_director("d1");
  const bool lives = replaced && fabric.daemon("d1").running();
  site.claim(lives, lives
                        ? fmt::format("`run --replace` with {} dripping guests: the new daemon serves after {:.0f} ms",
                                      kDripping, ms(now() - began))
                        : fmt::format("`run --replace` with {} dripping guests: {}", kDripping,
                                      replaced ? "no daemon runs" : replaced.error().sentence));
  return Done{};
}

}  // namespace waymark::lab
