// The daemon's requests: from HTTP to a command or a question, over to the loop, and back.
#include <fmt/format.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/last_target.h"
#include "daemon/log.h"
#include "daemon/provisioning.h"
#include "daemon/takeover.h"
#include "roles/path/revoked.h"

namespace waymark {

namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

HttpReply result(std::string line) { return {200, to_json({{"result"}, {{std::move(line)}}})}; }

// Requests that wait for the loop, or for their text: questions, and commands besides, so that questions keep no
// command waiting, and least of all a handover.
constexpr u32 kMostQuestions = 32, kMostCommands = 32;
constexpr std::size_t kMostCaptured = 16u << 20;  // bytes that a slow reader makes us keep
// A snapshot stands for so many times what it took to gather, so that however many ask, the loop has time for its work.
constexpr int kSnapshotRests = 20;

provision::Seconds wall_seconds() { return std::chrono::duration_cast<std::chrono::seconds>(wall_time()).count(); }

Duration wall_offset() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec) - boot_time();
}

}  // namespace

void Daemon::on_request(const HttpRequest& request, const Respond& respond) {
  if (request.method == "POST") {
    const Result<Command> command = parse_command(request.path, request.body);
    if (!command) return respond(refusal(400, command.error().sentence));
    return to_loop(commands_, kMostCommands, respond, [this, command = *command](const Respond& counted) {
      forget_snapshot();  // who looks next is to see what this did
      if (auto reply = carry_out(command, counted)) counted(std::move(*reply));
    });
  }
  const Result<Show> show = parse_query(request.path, request.query);
  if (!show) return respond(refusal(400, show.error().sentence));
  if (show->what == Show::What::wellness) return respond(wellness_.answer(show->service));
  if (show->what == Show::What::metrics) {
    if (page_.ask(respond, boot_time())) make_page();
    return;
  }
  if (show->what == Show::What::events && !show->follow) {
    return renderer_.run([ring = events_.ring(), show = *show, respond] {
      respond({200, to_json(rows_of(show.after ? ring->after(*show.after, show.count) : ring->last(show.count)))});
    });
  }
  to_loop(questions_, kMostQuestions, respond, [this, show = *show](const Respond& counted) { answer(show, counted); });
}

void Daemon::to_loop(std::atomic<u32>& waiting, u32 most, const Respond& respond,
                     std::function<void(const Respond&)> work) {
  // Counted until the answer is given, or nobody is left who could.
  const std::shared_ptr<void> place(&waiting, [](std::atomic<u32>* count) { --*count; });
  if (++waiting > most) return respond(too_busy("too many requests wait for an answer; try again in a moment"));
  loop_.post([work = std::move(work),
              counted = Respond([place, respond](HttpReply reply) { respond(std::move(reply)); })] { work(counted); });
}

void Daemon::make_page() {
  const auto making = std::make_shared<SharedPage::Making>(page_);
  loop_.post([this, making] {
    renderer_.run([making, s = snapshot()] {
      s->read_counters_once();
      making->put(metrics_text(*s), boot_time());
    });
  });
}

std::optional<HttpReply> Daemon::carry_out(const Command& command, const Respond& respond) {
  const bool about_handover = std::holds_alternative<Handover>(command) || std::holds_alternative<Leave>(command);
  if (const Status may = standing_.may_change(); !may && !about_handover) return refusal(409, may.error().sentence);
  // Answers when packets follow.
  const auto told = [this, respond](std::string line) {
    return [this, respond, line = std::move(line)](const Status& done) {
      forget_snapshot();
      if (!done) return respond(refusal(404, done.error().sentence));
      respond(result(line));
    };
  };
  return std::visit<std::optional<HttpReply>>(
      Overloaded{
          [&](const Drain& drain) -> std::optional<HttpReply> {
            if (!drain.undo && !drain.force)
              if (const Status may = may_lose(plane_->targets(), *config_, drain.target, 0); !may)
                return refusal(409, may.error().sentence);
            plane_->drain(
                drain.target, !drain.undo,
                told(fmt::format("{} {}", drain.target,
                                 drain.undo ? "takes new flows again" : "is drained: it takes no new flows")));
            return std::nullopt;
          },
          [&](const Reweigh& reweigh) -> std::optional<HttpReply> {
            if (!reweigh.force)
              if (const Status may = may_lose(plane_->targets(), *config_, reweigh.target, reweigh.weight); !may)
                return refusal(409, may.error().sentence);
            plane_->reweigh(reweigh.target, reweigh.weight,
                            told(reweigh.weight ? fmt::format("{} has weight {}", reweigh.target, *reweigh.weight)
                                                : fmt::format("{} has its configured weight again", reweigh.target)));
            return std::nullopt;
          },
          [&](const Take& take) -> std::optional<HttpReply> {
            plane_->take(take.holding, told(fmt::format("this node holds {}", take.holding)));
            return std::nullopt;
          },
          [&](const Give& give) -> std::optional<HttpReply> {
            if (const Status done = plane_->give(give.holding, give.member); !done)
              return refusal(404, done.error().sentence);
            return result(fmt::format("{} goes to {}; this node lets go once it is there", give.holding,
                                      give.member.empty() ? "the member whose it is" : give.member));
          },
          [&](const Revoke& revoke) -> std::optional<HttpReply> {
            const std::string id = path::revoked_id_text(revoke.word);
            const Status done =
                revoke.undo ? plane_->unrevoke(revoke.word) : plane_->revoke(revoke.word, revoke.seconds);
            if (!done) return refusal(revoke.undo ? 404 : 409, done.error().sentence);
            if (revoke.undo) return result(fmt::format("{} is revoked no more", id));
            return result(revoke.seconds ? fmt::format("{} is revoked for {} s", id, revoke.seconds->count())
                                         : fmt::format("{} is revoked", id));
          },
          [&](const TellLoad& load) -> std::optional<HttpReply> {
            if (const Status done = plane_->set_load(load.service, {load.sessions, load.capacity}); !done)
              return refusal(404, done.error().sentence);
            return result(fmt::format("directors are told the load of {}", load.service));
          },
          [&](const Provision& asked) -> std::optional<HttpReply> {
            change_client(asked, respond);
            return std::nullopt;
          },
          [&](const Reload&) {
            reload(respond);
            return std::nullopt;
          },
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
            plane_->suspend();  // first: what was to be loaded is the newcomer's to load
            end_capture();
            kernel_watch_.reset();
            share_addresses(true);
            // Links that are not pinned are in the way of the newcomer's.
            if (!config_->engine.persist) plane_.reset();
            tell(Severity::info, "daemon.stands_by", "standing by: another process takes over");
            return result(kStandingBy);
          },
          [&](const Leave&) {
            if (const Status done = standing_.on_leave(); !done) return refusal(409, done.error().sentence);
            tell(Severity::info, "daemon.ends", "another process took over: the daemon ends");
            loop_.stop();
            return result("leaving");
          },
      },
      command);
}

std::shared_ptr<Snapshot> Daemon::snapshot() {
  const Time begin = boot_time();
  if (snapshot_ && begin < snapshot_due_) return snapshot_;
  auto s = std::make_shared<Snapshot>();
  s->version = options_.version;
  s->pid = u32(getpid());
  s->uptime = begin - started_;
  s->standing_by = standing_.state() != Standing::State::running;
  s->config = config_;
  s->longest_pause = loop_.longest_pause();
  s->lost_time = loop_.lost();
  if (plane_) plane_->describe(*s);
  for (const HttpServer* server : {api_.get(), metrics_.get(), health_.get()})
    if (server) s->http.push_back(server->counts());
  if (dns_) s->dns = dns_->view();
  s->drops = drops_.growing();
  if (config_->path) s->keys = keys_.views(), s->unknown_epochs = keys_.unknown_epochs();
  s->refused = refused_.views();
  s->refusing = refused_.growing();
  if (!config_->on_event.empty()) s->hook = events_.hook().counts();
  const Time end = boot_time();
  snapshot_due_ = end + kSnapshotRests * (end - begin);
  // To free a large one takes time as well.
  renderer_.run([old = std::exchange(snapshot_, s)] {});
  return s;
}

void Daemon::forget_snapshot() {
  if (snapshot_) renderer_.run([old = std::move(snapshot_)] {});
  snapshot_.reset();
}

void Daemon::answer(const Show& what, const Respond& respond) {
  if (what.what == Show::What::capture) return start_capture(what, respond);
  if (what.what == Show::What::events) return respond(follow_events(what));
  if (what.what == Show::What::clients || what.what == Show::What::server_address)
    return show_provisioned(what, respond);
  if (what.what == Show::What::keys) return show_key_uses(respond);
  if (what.flow && !plane_) return respond(refusal(503, "this daemon stands by for its replacement"));
  std::optional<std::optional<Pin>> pin;
  if (what.flow) pin = plane_->find_pin(*what.flow);
  renderer_.run([s = snapshot(), what, pin, respond] {
    if (pin) return respond({200, to_json(show_pin(*s, *pin))});
    s->read_counters_once();
    const Result<Rows> rows = show(*s, what);
    respond(rows ? HttpReply{200, to_json(*rows)} : refusal(404, rows.error().sentence));
  });
}

// What was answered is on the disk. Who is to be revoked is refused by packets first: a crash between the two leaves a
// name that can be revoked again.
void Daemon::change_client(const Provision& asked, const Respond& respond) {
  if (asked.act != Provision::Act::revoke) return write_client(asked, respond);
  clerk_.run<u64>([config = config_, asked] { return id_of_client(*config, asked.name, wall_seconds()); },
                  [this, asked, respond](const Result<u64>& id) {
                    if (!id) return respond(refusal(409, id.error().sentence));
                    if (!plane_) return respond(refusal(503, "this daemon stands by for its replacement"));
                    const Result<u64> word = path::read_revoked_id(fmt::format("client {}", *id));
                    const Status done = word ? plane_->revoke(*word, std::nullopt) : Status(word.error());
                    if (!done) return respond(refusal(409, done.error().sentence));
                    write_client(asked, respond);
                  });
}

void Daemon::write_client(const Provision& asked, const Respond& respond) {
  clerk_.run<Provisioned>([config = config_, asked] { return waymark::change_client(*config, asked, wall_seconds()); },
                          [this, respond](const Result<Provisioned>& done) {
                            if (!done) return respond(refusal(409, done.error().sentence));
                            if (!done->news.empty()) tell(Severity::info, "client.changed", done->news);
                            forget_snapshot();
                            respond({200, to_json(done->rows)});
                          });
}

void Daemon::show_provisioned(const Show& show, const Respond& respond) {
  clerk_.run<Rows>(
      [config = config_, show] {
        return show.what == Show::What::clients ? show_clients(*config, show, wall_seconds())
                                                : show_server_address(*config, show, wall_seconds());
      },
      [respond](const Result<Rows>& rows) {
        respond(rows ? HttpReply{200, to_json(*rows)} : refusal(404, rows.error().sentence));
      });
}

void Daemon::show_key_uses(const Respond& respond) {
  clerk_.run<std::optional<ClientsByEpoch>>([config = config_] { return clients_by_epoch(*config, wall_seconds()); },
                                            [this, respond](const Result<std::optional<ClientsByEpoch>>& clients) {
                                              if (!clients) return respond(refusal(409, clients.error().sentence));
                                              renderer_.run([s = snapshot(), clients = *clients, respond] {
                                                s->read_counters_once();
                                                respond({200, to_json(show_keys(*s, clients))});
                                              });
                                            });
}

void Daemon::start_capture(const Show& what, const Respond& respond) {
  if (const Status may = standing_.may_change(); !may) return respond(refusal(409, may.error().sentence));
  if (capture_ || capture_begins_) return respond(refusal(409, "another capture is under way; there is one at a time"));
  std::vector<Prefix> addresses;
  for (const ServiceConfig& service : config_->service)
    if (service.name == what.service) addresses = service.address;
  if (config_->host)
    for (const HostServiceConfig& service : config_->host->service)
      if (service.name == what.service)
        addresses.insert(addresses.end(), service.address.begin(), service.address.end());
  if (!what.service.empty() && addresses.empty())
    return respond(refusal(404, fmt::format("no service is called \"{}\"", what.service)));
  capture_begins_ = true;
  plane_->capture(true, [this, what, addresses, respond](const Status& done) {
    capture_begins_ = false;
    respond(done ? begin_capture(what, addresses) : refusal(409, done.error().sentence));
  });
}

HttpReply Daemon::begin_capture(const Show& what, std::vector<Prefix> addresses) {
  std::vector<CaptureInterface> interfaces;
  for (const Attached& a : plane_->engine().load()->interfaces) interfaces.push_back({a.interface, a.name});
  // Ends as soon as its guest has all of it or is gone.
  const auto body = std::make_shared<BodyQueue>(kMostCaptured, [this, number = ++captures_] {
    loop_.post([this, number] {
      if (captures_ == number) end_capture();
    });
  });
  capture_ = std::make_shared<Capture>(std::move(interfaces), std::move(addresses), what.count, wall_offset(), body);
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
  return {200, "", "application/x-pcapng", nullptr, body};
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
