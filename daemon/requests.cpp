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
    reply = loop_.ask_later<HttpReply>([this, command = *command](Reply then) { carry_out(command, std::move(then)); });
  } else {
    const Result<Show> show = parse_query(request.path, request.query);
    if (!show) return refusal(400, show.error().sentence);
    if (show->what == Show::What::capture)
      reply = loop_.ask_later<HttpReply>([this, show = *show](Reply then) { start_capture(show, std::move(then)); });
    else
      reply = loop_.ask([this, &show] { return answer(*show); });
  }
  return reply ? *reply : refusal(503, "the daemon is ending");
}

void Daemon::carry_out(const Command& command, Reply reply) {
  const bool about_handover = std::holds_alternative<Handover>(command) || std::holds_alternative<Leave>(command);
  if (const Status may = standing_.may_change(); !may && !about_handover)
    return reply(refusal(409, may.error().sentence));
  // Told when packets follow.
  const auto told = [reply](std::string line) {
    return [reply, line = std::move(line)](const Status& done) {
      if (!done) return reply(refusal(404, done.error().sentence));
      log::info(line);
      reply(result(line));
    };
  };
  std::visit(Overloaded{
                 [&](const Drain& drain) {
                   plane_->drain(
                       drain.target, !drain.undo,
                       told(fmt::format("{} {}", drain.target,
                                        drain.undo ? "takes new flows again" : "is drained: it takes no new flows")));
                 },
                 [&](const Reweigh& reweigh) {
                   plane_->reweigh(
                       reweigh.target, reweigh.weight,
                       told(reweigh.weight ? fmt::format("{} has weight {}", reweigh.target, *reweigh.weight)
                                           : fmt::format("{} has its configured weight again", reweigh.target)));
                 },
                 [&](const Reload&) { reload(std::move(reply)); },
                 [&](const Stop&) {
                   if (const Status done = plane_->withdraw(); !done) log::error(done.error().sentence);
                   leave("stop");
                   reply(result(config_->engine.persist ? "the daemon ends; forwarding goes on"
                                                        : "the daemon ends, and forwarding with it"));
                 },
                 [&](const Down&) { reply(down()); },
                 [&](const Handover&) {
                   if (const Status done = standing_.on_handover(Lock::held(lease_)); !done)
                     return reply(refusal(409, done.error().sentence));
                   plane_->suspend();  // first: what was to be loaded is the newcomer's to load
                   end_capture();
                   kernel_watch_.reset();
                   // Links that are not pinned are in the way of the newcomer's.
                   if (!config_->engine.persist) plane_.reset();
                   log::info("standing by: another process takes over");
                   reply(result("standing by"));
                 },
                 [&](const Leave&) {
                   if (const Status done = standing_.on_leave(); !done)
                     return reply(refusal(409, done.error().sentence));
                   log::info("another process took over: the daemon ends");
                   loop_.stop();
                   reply(result("leaving"));
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

void Daemon::start_capture(const Show& what, Reply reply) {
  if (const Status may = standing_.may_change(); !may) return reply(refusal(409, may.error().sentence));
  if (capture_ || capture_begins_) return reply(refusal(409, "another capture is under way; there is one at a time"));
  std::vector<Address> addresses;
  for (const ServiceConfig& service : config_->service)
    if (service.name == what.service) addresses = service.address;
  if (config_->host)
    for (const HostServiceConfig& service : config_->host->service)
      if (service.name == what.service)
        addresses.insert(addresses.end(), service.address.begin(), service.address.end());
  if (!what.service.empty() && addresses.empty())
    return reply(refusal(404, fmt::format("no service is called \"{}\"", what.service)));
  capture_begins_ = true;
  plane_->capture(true, [this, what, addresses, reply = std::move(reply)](const Status& done) {
    capture_begins_ = false;
    reply(done ? begin_capture(what, addresses) : refusal(409, done.error().sentence));
  });
}

HttpReply Daemon::begin_capture(const Show& what, std::vector<Address> addresses) {
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
  log::info("the capture ended");
  if (plane_) plane_->capture(false, [](const Status&) {});  // the plane goes on until it is so, and says what hinders
}

}  // namespace waymark
