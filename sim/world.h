// One world: clients, routers, directors, hosts and servers, and what happens to them, from one seed. The directors and
// hosts are the real ones: the packet core over its user-space tables, and the control machines that the daemon drives.
// Virtual are time, links, connections between members, checks' answers, and routers.
//
// Nothing here draws chance but from the seed, and nothing depends on addresses in memory: a seed is a story that can
// be told again.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "engine/replay/userspace.h"
#include "node/control.h"
#include "sim/connection.h"
#include "sim/faults.h"
#include "sim/network.h"
#include "sim/plan.h"
#include "sim/report.h"
#include "sim/sockets.h"

namespace waymark::sim {

// A director or a host.
struct Machine {
  u32 place = 0, number = 0;  // in the network; among its kind
  bool director = false;
  std::string name;
  Config file;  // its configuration
  std::unique_ptr<UserspaceEngine> engine;
  std::unique_ptr<Control> control;  // none: its daemon is dead
  bool up = false;
  u32 life = 0, daemon = 0;           // how often the machine, or a host's servers, and the daemon were started
  Duration ahead{0}, ticks_ahead{0};  // its clocks
  u8 card = 0;                        // its network card's number
  Time serving_since{0};              // a host's servers
  std::optional<Time> wake;           // when its daemon is to be run next
  u32 kernel_routes = 0;              // announced addresses, a bit each; they outlive the daemon
  std::map<u32, u8> ways;             // to hosts' cards, as its daemon was told
  u64 frames = 0;                     // that its engine was given in this life
  u64 generation = 0;                 // of the choice, as seen last
  bool in_step = false;               // with its group, as seen last
  bool stranger = false;              // it has another secret than the group
  Time held_until{0}, no_files_until{0}, blind_until{0};
  double blind = 0;                            // share of checks of which nothing is known until then
  std::vector<std::function<void()>> waiting;  // for its daemon, which is held up
  Sockets sockets;                             // of a host
};

struct Router {
  u32 place;
  u64 seed;
  bool sticky;  // a next hop that goes moves its own flows alone
  struct Peering {
    bool session = false, flapped = false;
    u32 routes = 0;
  };
  std::vector<Peering> to;  // by director
};

// A connection between two members of the group: two ordered streams.
struct Pipe {
  u32 machine[2], daemon[2];
  bool open[2] = {true, true}, closing[2] = {false, false}, busy[2] = {false, false};
  bool taken = true;                // by the daemon that was dialled; else its kernel holds it
  std::vector<u8> waiting[2] = {};  // by sender
  Time last[2] = {};
};

class World {
 public:
  struct Options {
    u64 seed = 1;
    Plant plant = Plant::none;
    std::optional<u32> follow = {};  // a connection of which a story is to be told
    std::optional<Plan> plan = {};   // in place of a drawn one
  };
  explicit World(const Options& options);
  ~World();

  Report run();

 private:
  friend class Stage;  // story.cpp: what happens is written down there, and nothing is drawn

  // world.cpp
  Time local(const Machine& m) const { return events_.now() + kBoot + m.ahead; }
  u32 ticks(const Machine& m) const;
  Machine* machine_at(u32 place);
  Machine& director(u32 number) { return machines_[number]; }
  Machine& host(u32 number) { return machines_[plan_.directors + number]; }
  void note(u64 what) { digest_ = mix(digest_ ^ what) + u64(events_.now().count()); }
  void tell(u32 connection, const std::string& line);
  bool follows(u32 connection) const { return options_.follow == connection; }
  void violate(const std::string& what, std::optional<u32> connection = {});

  // daemons.cpp: machines and their daemons
  void start_machine(Machine& m);
  void stop_machine(Machine& m);
  void start_servers(Machine& m);
  void start_daemon(Machine& m, bool adopted);
  void stop_daemon(Machine& m);
  void load(Machine& m);
  void resolve(Machine& m);
  void run_daemon(Machine& m);
  void arm(Machine& m, Time least);
  void carry_out(Machine& m);
  void ask(Machine& m, const Question& question);
  std::vector<u8> secret_of(const Machine& m) const;
  bool held(const Machine& m) const { return events_.now() < m.held_until; }
  void hear(Machine& m, std::function<void()> what);

  // members.cpp: connections between directors. Links of strangers are odd, and lead nowhere.
  void dial(Machine& m, u32 member);
  void knock(Machine& m, Machine& other, u32 member, u32 daemon, u32 times);
  void meet(Machine& m, Machine& other, u32 member);
  void take(group::Link link);
  Pipe& pipe_of(group::Link link) { return pipes_[link / 2 - 1]; }
  void send(Machine& m, group::Link link, std::vector<u8> bytes);
  void close(Machine& m, group::Link link);
  void schedule(group::Link link, u32 side);
  void carry(group::Link link, u32 side);
  void end_pipe(group::Link link, u32 side, const char* why);

  // routes.cpp: routers
  void learn_routes(Machine& m);
  void review_sessions(Duration after);
  std::optional<u32> next_hop(const Router& router, const Segment& way) const;

  // traffic.cpp: a frame's way
  void deliver(u32 from, u32 to, u32 number);
  void route(Router& router, u32 number);
  void direct(Machine& m, u32 number);
  void serve(Machine& m, u32 number);
  void by_kernel(Machine& m, u32 number);
  void send_by_mac(Machine& m, u32 number);
  Mac mac_of(const Machine& m, u32 interface) const;
  std::string candidate_of(Frame& frame) const;

  // clients.cpp
  void open_connections();
  u32 new_connection();
  void open(u32 id);
  void stray();
  void transmit(u32 id, u8 flags, u32 length, bool again);
  void receive(u32 id, const Frame& frame);
  void receive_datagram(u32 id, const Frame& frame, const Segment& s);
  void on_reset(u32 id, const Frame& frame, bool unreachable);
  void set_timer(u32 id, Duration pause);
  void on_timer(u32 id);
  void go_on(u32 id);
  void finish(u32 id, End end, const std::string& how);
  bool alive(u32 host_number, u32 life);
  std::optional<Pin> pin_of(Machine& m, const Connection& c) const;
  std::optional<u32> pinned_host(Machine& m, const Connection& c);

  // trouble.cpp: faults
  void next_trouble();
  void stop_opening();
  bool settled(std::string& why);
  bool may(Fault fault) const;
  void begin(Fault fault);
  void disturb_links(Fault fault);
  void stop_director(Fault fault);
  void partition(Fault fault);
  void flap();
  void jump();
  void kill_server();
  void change_card();
  void happen(Fault fault, Time end, const std::string& what);
  u32 living_directors() const;
  std::optional<u32> crashable();
  bool lingering() const;
  bool generations_apart() const;

  // strain.cpp: faults of the control plane's surroundings
  void hold(Machine& m, Duration time);
  void hold_up(Fault fault);
  void blind_checks();
  void run_out_of_files();
  void join_with_wrong_secret();
  void press_at_port();
  void press();

  // operator.cpp: the pools, and what they are called
  void change_pool();
  void regroup();
  bool renaming() const;
  void reload(Duration spread);
  void remove(u32 service, u32 host_number, Duration spread);
  using Order = std::function<Status(Control&, const std::string& target, Time)>;
  void command(u32 service, u32 host_number, Order order);
  void set_drained(u32 service, u32 host_number, bool on);
  bool can_do_without(u32 host_number);

  // checks.cpp
  void check_now();
  void check_tables(Machine& m);
  void check_counters(Machine& m);
  void check_step(Machine& m);
  void follow_deaths();

  // planted.cpp
  void plant(Machine& m);
  void plant(Image& image) const;
  void loop(const Machine& m, const Frame& before, Frame& after);

  static constexpr Time kBoot = std::chrono::seconds(1000);

  Options options_;
  Random random_;          // faults and the operator
  Random clients_random_;  //
  Plan plan_;
  Events events_;
  Network network_;
  std::vector<Machine> machines_;  // directors, then hosts
  std::vector<Router> routers_;
  std::vector<Pipe> pipes_;  // by half the link's number, from 1
  std::vector<Connection> connections_;
  u32 live_connections_ = 0, strays_ = 0;
  std::set<std::pair<u32, u32>> drained_;  // by the operator: service, host
  std::map<u32, Time> death_known_;        // of a host's servers, to all directors
  std::set<u32> reused_;                   // planted
  group::Link last_stranger_ = 1;
  Time pressed_until_{0};
  bool removing_ = false, finishing_ = false, over_ = false;
  Time quiet_since_{-1}, trouble_until_{0}, pool_changed_{-3600'000'000'000};
  u64 digest_ = 0;
  Report report_;
};

}  // namespace waymark::sim
