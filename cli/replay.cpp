#include "cli/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text_table.h"
#include "cli/load.h"

namespace waymark::cli {

namespace {

const char* word(Action action) {
  return action == Action::forward ? "sent"
         : action == Action::pass  ? "passed"
         : action == Action::punt  ? "finished"
                                   : "dropped";
}

// Reasons and notes that were counted, the most frequent first.
std::vector<std::pair<const ReasonText*, u64>> counted(const Counters& counters) {
  std::vector<std::pair<const ReasonText*, u64>> all;
  for (const ReasonText& r : all_reasons())
    if (const u64 n = counters.reasons[r.verdict.reason]) all.emplace_back(&r, n);
  std::stable_sort(all.begin(), all.end(), [](auto& a, auto& b) { return a.second > b.second; });
  return all;
}

bool same(std::span<const u8> a, std::span<const u8> b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

// The frames that leave or are handed on; with `untouched` those, too, that are as they came.
std::vector<std::span<const u8>> what_leaves(const Outcome& o, std::span<const u8> came, bool untouched) {
  if (o.action == Action::drop) return {};
  if (!o.frames.empty()) return {o.frames.begin(), o.frames.end()};
  if (o.action == Action::pass && !untouched && same(o.frame, came)) return {};
  return {o.frame};
}

}  // namespace

Result<ReplayReport> replay(const Config& config, PcapReader& in, PcapWriter& out, const ReplayOptions& options,
                            const OnReplayed& each) {
  auto made = Scene::make(config);
  if (!made) return made.error();
  Scene& scene = **made;
  const Result<Feed> feed = Feed::make(scene, config, options.interface);
  if (!feed) return feed.error();

  ReplayReport report;
  std::optional<std::chrono::nanoseconds> first, latest;
  for (;;) {
    const Result<std::optional<Frame>> next = in.next();
    if (!next) return next.error();
    if (!*next) break;
    const Frame& packet = **next;
    if (!first) first = latest = packet.epoch;
    if (packet.epoch > *latest) {
      scene.advance(packet.epoch - *latest);
      latest = packet.epoch;
    }
    const std::vector<u8> frame = feed->wrap(packet.bytes, in.link_type());
    const Outcome outcome = scene.receive(frame, feed->interface(packet.bytes, in.link_type()));
    ++report.packets;
    const Action action = outcome.action;
    ++(action == Action::forward ? report.sent : action == Action::pass ? report.passed : report.dropped);
    Replayed replayed{report.packets, outcome.verdict, {}};
    for (const auto& leaving : what_leaves(outcome, frame, options.untouched))
      if (const auto bytes = Feed::unwrap(leaving, in.link_type())) {
        WM_TRY(out.write({.bytes = *bytes, .original_length = u32(bytes->size()), .epoch = packet.epoch}));
        ++report.written;
        if (each) replayed.outputs.emplace_back(bytes->begin(), bytes->end());
      }
    if (each) each(replayed);
  }
  WM_TRY(out.close());
  report.lasted = first ? *latest - *first : std::chrono::nanoseconds(0);
  report.counters = scene.engine().counters();
  return report;
}

std::string to_text(const ReplayReport& r) {
  std::string out =
      fmt::format("{} packets in {:.3f} s: {} sent, {} passed to the kernel, {} dropped; {} written\n", r.packets,
                  std::chrono::duration<double>(r.lasted).count(), r.sent, r.passed, r.dropped, r.written);
  TextTable rows{{"reason", "packets", "", "meaning"}, {}};
  for (auto& [reason, n] : counted(r.counters))
    rows.rows.push_back({reason->name, std::to_string(n), word(reason->verdict.action), reason->sentence});
  for (u32 n = 0; n < kNotes; ++n)
    if (r.counters.notes[n])
      rows.rows.push_back({note_name(Note(n)), std::to_string(r.counters.notes[n]), "noted", note_text(Note(n))});
  return rows.rows.empty() ? out : out + "\n" + aligned(rows);
}

std::string to_json(const ReplayReport& r) {
  nlohmann::ordered_json reasons = nlohmann::ordered_json::object(), notes = reasons;
  for (auto& [reason, n] : counted(r.counters)) reasons[reason->name] = n;
  for (u32 n = 0; n < kNotes; ++n)
    if (r.counters.notes[n]) notes[note_name(Note(n))] = r.counters.notes[n];
  return nlohmann::ordered_json{{"packets", r.packets}, {"seconds", std::chrono::duration<double>(r.lasted).count()},
                                {"sent", r.sent},       {"passed", r.passed},
                                {"dropped", r.dropped}, {"written", r.written},
                                {"reasons", reasons},   {"notes", notes}}
             .dump(2) +
         "\n";
}

std::string to_json(const Replayed& r) {
  nlohmann::ordered_json outputs = nlohmann::ordered_json::array();
  for (const auto& bytes : r.outputs) {
    std::string hex;
    for (const u8 byte : bytes) hex += fmt::format("{:02x}", byte);
    outputs.push_back(hex);
  }
  return nlohmann::ordered_json{{"packet", r.packet},
                                {"reason", reason_text(r.verdict.reason)->name},
                                {"action", word(r.verdict.action)},
                                {"outputs", outputs}}
      .dump();
}

int replay_command(const std::string& config_file, const std::string& in, const std::string& out,
                   const ReplayOptions& options, bool json) {
  const auto config = load_node(config_file);
  if (!config) return 1;
  Result<PcapReader> reader = PcapReader::open(in);
  if (!reader) return complain(reader.error());
  Result<PcapWriter> writer = PcapWriter::create(out, reader->link_type());
  if (!writer) return complain(writer.error());
  // With the capture on standard output the report must not get into it.
  FILE* const told = out == "-" ? stderr : stdout;
  OnReplayed each;
  if (options.each) each = [told](const Replayed& replayed) { fmt::print(told, "{}\n", to_json(replayed)); };
  const Result<ReplayReport> report = replay(*config, *reader, *writer, options, each);
  if (!report) return complain(report.error());
  if (!options.each) fmt::print(told, "{}", json ? to_json(*report) : to_text(*report));
  return 0;
}

}  // namespace waymark::cli
