// The daemon's requests: from HTTP to a command or a question, over to the loop, and back.
#include <fmt/format.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/log.h"

namespace waymark {

namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

HttpReply result(std::string line) { return {200, to_json({{"result"}, {{std::move(line)}}})}; }

// Ends the capture on the loop as soon as its client has all of it or is gone.
class CaptureBody : public BodyStream {
 public:
  CaptureBody(std::shared_ptr<Capture> capture, std::function<void()> done)
      : capture_(std::move(capture)), done_(std::move(done)) {}
  ~CaptureBody() override { done_(); }
  std::optional<std::string> next() override { return capture_->next(); }

 private:
  std::shared_ptr<Capture> capture_;
  std::function<void()> done_;
};

Duration wall_offset() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec) - boot_time();
}

}  // namespace

HttpReply Daemon::on_request(const HttpRequest& request) {
  std::optional<HttpReply> reply;
  if (request.method == "POST") {
    const Result<Command> command = parse_command(request.path, request.body);
    if (!command) return refusal(400, command.error().sentence);
    reply = loop_.ask([this, &command] { return carry_out(*command); });
  } else {
    const Result<Show> show = parse_query(request.path, request.query);
    if (!show) return refusal(400, show.error().sentence);
    reply = loop_.ask([this, &show] { return answer(*show); });
  }
  return reply ? *reply : refusal(503, "the daemon is ending");
}

HttpReply Daemon::carry_out(const Command& command) {
  const bool about_handover = std::holds_alternative<Handover>(command) || std::holds_alternative<Leave>(command);
  if (const Status may = standing_.may_change(); !may && !about_handover) return refusal(409, may.error().sentence);
  return std::visit(
      Overloaded{
          [&](const Drain& drain) {
            if (const Status done = plane_->drain(drain.target, !drain.undo); !done)
              return refusal(404, done.error().sentence);
            const std::string line = fmt::format(
                "{} {}", drain.target, drain.undo ? "takes new flows again" : "is drained: it takes no new flows");
            log::info(line);
            return result(line);
          },
          [&](const Reweigh& reweigh) {
            if (const Status done = plane_->reweigh(reweigh.target, reweigh.weight); !done)
              return refusal(404, done.error().sentence);
            const std::string line = reweigh.weight ? fmt::format("{} has weight {}", reweigh.target, *reweigh.weight)
                                                    : fmt::format("{} has its configured weight again", reweigh.target);
            log::info(line);
            return result(line);
          },
          [&](const Reload&) { return reload(); },
          [&](const Stop&) {
            if (const Status done = plane_->withdraw(); !done) log::error(done.error().sentence);
            leave("stop");
            return result(config_->engine.persist ? "the daemon ends; forwarding goes on"
                                                  : "the daemon ends, and forwarding with it");
          },
          [&](const Down&) { return down(); },
          [&](const Handover&) {
            if (const Status done = standing_.on_handover(Lock::held(lease_)); !done)
              return refusal(409, done.error().sentence);
            end_capture();
            kernel_watch_.reset();
            plane_->suspend();
            // Links that are not pinned are in the way of the newcomer's.
            if (!config_->engine.persist) plane_.reset();
            log::info("standing by: another process takes over");
            return result("standing by");
          },
          [&](const Leave&) {
            if (const Status done = standing_.on_leave(); !done) return refusal(409, done.error().sentence);
            log::info("another process took over: the daemon ends");
            loop_.stop();
            return result("leaving");
          },
      },
      command);
}

Snapshot Daemon::snapshot() {
  Snapshot s;
  s.version = options_.version;
  s.pid = u32(getpid());
  s.uptime = boot_time() - started_;
  s.standing_by = standing_.state() != Standing::State::running;
  s.config = config_;
  s.longest_pause = loop_.longest_pause();
  s.lost_time = loop_.lost();
  if (plane_) plane_->describe(s);
  return s;
}

HttpReply Daemon::answer(const Show& what) {
  if (what.what == Show::What::capture) return start_capture(what);
  Snapshot s = snapshot();
  if (s.read_counters) s.read_counters(s);
  if (what.what == Show::What::wellness) {
    const LocalWellness found = local_wellness(s, what.service);
    if (!found.known) return refusal(404, "no service of [host] with a check has this name");
    return {found.well ? 200 : 503, found.lines.empty() ? "up\n" : found.lines, "text/plain; charset=utf-8"};
  }
  if (what.what == Show::What::metrics) return {200, metrics_text(s), "text/plain; version=0.0.4; charset=utf-8"};
  if (what.flow) {
    if (!plane_) return refusal(503, "this daemon stands by for its replacement");
    return {200, to_json(show_pin(s, plane_->find_pin(*what.flow)))};
  }
  const Result<Rows> rows = show(s, what);
  if (!rows) return refusal(404, rows.error().sentence);
  return {200, to_json(*rows)};
}

HttpReply Daemon::start_capture(const Show& what) {
  if (const Status may = standing_.may_change(); !may) return refusal(409, may.error().sentence);
  if (capture_) return refusal(409, "another capture is under way; there is one at a time");
  std::vector<Address> addresses;
  for (const ServiceConfig& service : config_->service)
    if (service.name == what.service) addresses = service.address;
  if (config_->host)
    for (const HostServiceConfig& service : config_->host->service)
      if (service.name == what.service)
        addresses.insert(addresses.end(), service.address.begin(), service.address.end());
  if (!what.service.empty() && addresses.empty())
    return refusal(404, fmt::format("no service is called \"{}\"", what.service));
  if (const Status done = plane_->capture(true); !done) return refusal(409, done.error().sentence);

  std::vector<CaptureInterface> interfaces;
  for (const Attached& a : plane_->engine().load()->interfaces) interfaces.push_back({a.interface, a.name});
  capture_ = std::make_shared<Capture>(std::move(interfaces), std::move(addresses), what.count, wall_offset());
  auto reader = CaptureReader::open(
      *plane_->engine().object(),
      [this](const CaptureRecord& record, std::span<const u8> bytes) { capture_->add(record, bytes); });
  if (!reader) {
    end_capture();
    return refusal(409, reader.error().sentence);
  }
  capture_reader_ = std::make_unique<CaptureReader>(std::move(*reader));
  capture_until_ = boot_time() + what.seconds;
  capture_watch_ = loop_.on_readable(capture_reader_->fd(), [this] {
    if (const Status done = capture_reader_->read(); !done) log::warning(done.error().sentence);
  });
  log::info("a capture begins");
  auto done = [this, mine = std::weak_ptr(capture_)] {
    loop_.post([this, mine] {
      if (capture_ && capture_ == mine.lock()) end_capture();
    });
  };
  return {200, "", "application/x-pcapng", std::make_shared<CaptureBody>(capture_, std::move(done))};
}

void Daemon::end_capture() {
  if (!capture_) return;
  capture_watch_.reset();
  capture_reader_.reset();
  capture_->end();
  capture_.reset();
  if (!plane_) return;
  if (const Status done = plane_->capture(false); !done)
    log::error(fmt::format("the program that copies packets stays: {}", done.error().sentence));
  log::info("the capture ended");
}

}  // namespace waymark
