#include "engine/xdp/engine.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>

#include "engine/xdp/bpffs.h"
#include "engine/xdp/holder.h"
#include "engine/xdp/kernel_facts.h"
#include "engine/xdp/links.h"
#include "engine/xdp/pinned_set.h"
#include "engine/xdp/retired.h"
#include "engine/xdp/sizes.h"
#include "engine/xdp/undo.h"

namespace waymark {

struct XdpEngine::State {
  struct Link {
    Fd fd;
    Attached how;
  };

  Options options;
  std::string directory;
  PinnedSet pinned;
  std::shared_ptr<Object> tables;  // all that lasts, and the clock; loads in work need it, too
  std::optional<Object> current;   // what the links run
  std::shared_ptr<Retired> retired;
  std::map<u32, Link> links;  // by interface
  std::optional<Load> load;
  u32 ticks_per_second = 0;

  std::string program_file(bool next) const { return directory + (next ? "/program_next" : "/program"); }
  std::string jumps_file(bool next) const { return directory + "/" + pinned_name(next ? kJumpsNext : kJumps); }
  std::string link_file(u32 interface) const { return directory + "/links/if" + std::to_string(interface); }
  Status open_tables();
  Status check_meta();
  Status put_on(Object& next, const std::vector<Attachment>& interfaces, Load& made);
  void adopt_links();
  void finish_swap();
  void take_names();
  void give_up_names();
  Fd program_of(u32 id) const;
  Status check_interface(const Attachment& to, bool& held);
  Status swap(Object& next, const std::vector<Attachment>& interfaces, Load& made);
  Status move(Object& next, const Attachment& to, Undo& undo);
  Status add(Object& next, const Attachment& to, Undo& undo);
  Status keep(Object& next, Undo& undo);
  void give_up(u32 interface);
};

// What the tables that last are made for.
static Image empty_image(const TableSizes& sizes) {
  Image nothing;
  nothing.targets = sizes.targets;
  nothing.flow_buckets = sizes.flow_buckets;
  nothing.flow_embryo_buckets = sizes.flow_embryo_buckets;
  nothing.edge_buckets = sizes.edge_buckets;
  nothing.edge_buckets4 = sizes.edge_buckets4;
  nothing.edge_addresses = sizes.edge_pool;
  nothing.revocations = sizes.revocations;
  nothing.settings.pin_buckets = sizes.pin_buckets;
  nothing.settings.embryo_buckets = sizes.embryo_buckets;
  return nothing;
}

// Those of the pinned set, or fresh ones, which are pinned when they first serve packets.
Status XdpEngine::State::open_tables() {
  Result<PinnedSet> found = PinnedSet::find(directory);
  if (!found) return found.error();
  pinned = std::move(*found);
  const Image nothing = empty_image(options.sizes);
  WM_TRY(check_sizes([&](const char* table) { return pinned.table(table); }, options.sizes));
  Object::Options how;
  how.programs = {"wm_clock"};
  how.shared = [&](std::string_view table) { return pinned.table(table); };
  Result<Object> object = Object::load(options.program, nothing, how);
  if (!object) return object.error();
  tables = std::make_shared<Object>(std::move(*object));
  return Done{};
}

Status XdpEngine::State::check_meta() {
  const Meta& meta = tables->live().meta[0];
  if (meta.layout == 0) {
    const Result<u32> rate = measure_ticks_per_second(*tables);
    if (!rate) return rate.error();
    ticks_per_second = *rate;
    return Done{};
  }
  if (meta.layout != kLayoutVersion)
    return Error{"the pinned tables in " + directory + " hold layout " + std::to_string(meta.layout) +
                 ", and this build knows layout " + std::to_string(kLayoutVersion) +
                 " only: run it with the build that made them, or give up its pins with `waymark down`"};
  if (meta.pin_buckets != options.sizes.pin_buckets) return other_pins(meta.pin_buckets, options.sizes.pin_buckets);
  if (meta.flow_buckets != options.sizes.flow_buckets)
    return other_flows(meta.flow_buckets, options.sizes.flow_buckets);
  WM_TRY(check_roles(meta, options.sizes));
  ticks_per_second = meta.ticks_per_second;
  return Done{};
}

void XdpEngine::State::adopt_links() {
  for (const std::string& name : list(directory + "/links")) {
    const std::string file = directory + "/links/" + name;
    Fd fd(bpf_obj_get(file.c_str()));
    const LinkFacts facts = link_facts(fd.get());
    const OnInterface on = on_interface(facts.interface);
    if (facts.interface && on.program == facts.program && file == link_file(facts.interface)) {
      Attached how{facts.interface, "", on.generic ? XdpMode::generic : XdpMode::native, "", facts.id};
      links.insert_or_assign(facts.interface, Link{std::move(fd), how});
    } else {
      unlink(file.c_str());  // its interface is gone; another may bear its number
    }
  }
}

// What came next is in force. The jumps' name goes first: whoever is killed in between still finds on the links what is
// pinned as the next program, and does the rest.
void XdpEngine::State::take_names() {
  rename(jumps_file(true).c_str(), jumps_file(false).c_str());
  rename(program_file(true).c_str(), program_file(false).c_str());
}

void XdpEngine::State::give_up_names() {
  for (const std::string& file : {program_file(false), jumps_file(false)}) unlink(file.c_str());
}

// Whoever was killed in the middle of a swap left a program that runs on some of its links. Now it runs on all.
void XdpEngine::State::finish_swap() {
  const Fd next(bpf_obj_get(program_file(true).c_str()));
  const u32 id = program_facts(next.get()).id;
  const auto runs = [&](const auto& link) { return link_facts(link.second.fd.get()).program == id; };
  if (!next || std::none_of(links.begin(), links.end(), runs)) return;
  for (const auto& link : links) {
    if (runs(link)) continue;
    const Fd before = program_of(link_facts(link.second.fd.get()).program);
    if (!before || !move_link(link.second.fd.get(), before.get(), next.get(), link_file(link.first))) return;
  }
  Fd jumps(access(jumps_file(true).c_str(), F_OK) ? -1 : bpf_obj_get(jumps_file(false).c_str()));
  take_names();
  retired = std::make_shared<Retired>(std::move(jumps), std::nullopt);
}

// The program that a link runs: ours, or one that whoever came before left pinned.
Fd XdpEngine::State::program_of(u32 id) const {
  if (current && program_facts(current->program()).id == id) return Fd(dup(current->program()));
  for (const bool next : {false, true}) {
    Fd fd(bpf_obj_get(program_file(next).c_str()));
    if (program_facts(fd.get()).id == id) return fd;
  }
  return Fd(bpf_prog_get_fd_by_id(id));
}

// Whether we hold a living link there; fails where there is no interface, or another's program.
Status XdpEngine::State::check_interface(const Attachment& to, bool& held) {
  const OnInterface on = on_interface(to.interface);
  if (!on.exists) return Error{"interface " + to.name + " does not exist"};
  const auto link = links.find(to.interface);
  held = link != links.end();
  if (held && (on.program == 0 || link_facts(link->second.fd.get()).program != on.program)) {
    give_up(to.interface);
    held = false;
  }
  if (held || !on.program) return Done{};
  if (const auto holder = holder_of(to.interface, options.root); holder)
    return Error{"interface " + to.name + " already holds another XDP program, " + text(*holder) + ": " +
                 removal(*holder, to.name)};
  return Done{};  // it went meanwhile
}

Status XdpEngine::State::move(Object& next, const Attachment& to, Undo& undo) {
  Link& link = links.at(to.interface);
  link.how.name = to.name;
  const int fd = link.fd.get();
  auto before = std::make_shared<Fd>(program_of(link_facts(fd).program));
  if (!*before) return Error{"interface " + to.name + " runs a program of Waymark that cannot be found again"};
  WM_TRY(move_link(fd, before->get(), next.program(), to.name));
  undo.add([fd, before, after = next.program(), name = to.name] { (void)move_link(fd, after, before->get(), name); });
  return Done{};
}

Status XdpEngine::State::add(Object& next, const Attachment& to, Undo& undo) {
  Attached how;
  Result<Fd> fd = attach(to, next.program(), how);
  if (!fd) return fd.error();
  links.insert_or_assign(to.interface, Link{std::move(*fd), how});
  undo.add([this, interface = to.interface] { give_up(interface); });
  if (!options.persist) return Done{};
  if (bpf_obj_pin(links.at(to.interface).fd.get(), link_file(to.interface).c_str()))
    return Error{bpf_sentence("cannot pin the link of interface " + to.name, errno)};
  return Done{};
}

// Pins the program and its jumps before any link runs it, so that the next process can always name what a link runs,
// and a jump leads somewhere as long as one does.
Status XdpEngine::State::keep(Object& next, Undo& undo) {
  if (!options.persist) return Done{};
  const std::pair<std::string, int> pins[] = {{jumps_file(true), next.map(kJumps)},
                                              {program_file(true), next.program()}};
  for (const auto& [file, fd] : pins) unlink(file.c_str());
  for (const auto& [file, fd] : pins) {
    if (fd < 0) continue;  // a program without jumps, as a test's may be
    if (bpf_obj_pin(fd, file.c_str())) return Error{bpf_sentence("cannot pin the program", errno)};
    undo.add([file = file] { unlink(file.c_str()); });
  }
  return Done{};
}

void XdpEngine::State::give_up(u32 interface) {
  const auto link = links.find(interface);
  if (link == links.end()) return;
  bpf_link_detach(link->second.fd.get());  // whoever else still holds it, an older process say
  unlink(link_file(interface).c_str());
  links.erase(link);
}

Status XdpEngine::State::swap(Object& next, const std::vector<Attachment>& interfaces, Load& made) {
  std::vector<const Attachment*> kept, fresh, changed;
  for (const Attachment& to : interfaces) {
    bool held = false;
    if (const Status free = check_interface(to, held); !free) {
      if (to.required) return free;
      made.left_out.push_back(free.error().sentence);
      continue;
    }
    const bool other_mode = held && to.mode != XdpMode::automatic && to.mode != links.at(to.interface).how.mode;
    (!held ? fresh : other_mode ? changed : kept).push_back(&to);
  }
  Undo undo;
  // What fails most easily goes first. Until a link is moved, nothing that served packets has changed.
  WM_TRY(keep(next, undo));
  for (const Attachment* to : fresh) {
    const Status added = add(next, *to, undo);
    if (!added && to->required) return added;
    if (added) continue;
    give_up(to->interface);
    made.left_out.push_back(added.error().sentence);
  }
  for (const Attachment* to : kept) WM_TRY(move(next, *to, undo));
  for (const Attachment* to : changed) {  // a link's mode is fixed: this interface is without a program for a moment
    const Attached old = links.at(to->interface).how;
    auto before = std::make_shared<Fd>(program_of(link_facts(links.at(to->interface).fd.get()).program));
    give_up(to->interface);
    undo.add([this, to, old, before] {
      Attached again;
      Result<Fd> fd = attach({to->interface, to->name, old.mode}, before->get(), again);
      if (!fd) return;
      if (options.persist) (void)bpf_obj_pin(fd->get(), link_file(to->interface).c_str());
      links.insert_or_assign(to->interface, Link{std::move(*fd), again});
    });
    WM_TRY(add(next, *to, undo));
  }
  undo.forget();

  std::vector<u32> left;
  for (const auto& [interface, link] : links)
    if (std::none_of(interfaces.begin(), interfaces.end(),
                     [&](const Attachment& a) { return a.interface == interface; }))
      left.push_back(interface);
  for (u32 interface : left) give_up(interface);
  for (const auto& [interface, link] : links) {
    if (!options.persist) unlink(link_file(interface).c_str());
    made.interfaces.push_back(link.how);
  }
  if (options.persist)
    take_names();
  else
    give_up_names();
  return Done{};
}

// With fresh tables: pins them, swaps, seals; whatever fails, nothing is left that was not there.
Status XdpEngine::State::put_on(Object& next, const std::vector<Attachment>& interfaces, Load& made) {
  const bool first = pinned.empty();
  WM_TRY(pinned.pin(*tables));
  Status done = swap(next, interfaces, made);
  const bool swapped = bool(done);
  if (done) done = pinned.seal(*tables);
  if (done || !first) return done;
  while (swapped && !links.empty()) give_up(links.begin()->first);
  if (swapped) give_up_names();
  pinned.unpin();
  return done;
}

XdpEngine::XdpEngine(std::unique_ptr<State> state) : state_(std::move(state)) {}
XdpEngine::XdpEngine(XdpEngine&&) noexcept = default;
XdpEngine& XdpEngine::operator=(XdpEngine&&) noexcept = default;
XdpEngine::~XdpEngine() = default;

Result<XdpEngine> XdpEngine::open(const Options& options) {
  auto state = std::make_unique<State>();
  state->options = options;
  state->directory = options.root + "/" + options.instance;
  WM_TRY(bpf_usable());
  WM_TRY(mount_where_missing(state->directory));
  WM_TRY(check_contents(state->directory));
  WM_TRY(state->open_tables());
  WM_TRY(state->check_meta());
  if (!state->pinned.empty()) {
    WM_TRY(state->pinned.pin(*state->tables));  // what a build before this one did not have
    WM_TRY(state->pinned.seal(*state->tables));
  }
  state->adopt_links();
  state->finish_swap();
  return XdpEngine(std::move(state));
}

const std::string& XdpEngine::found() const { return state_->pinned.found(); }
bool XdpEngine::fresh() const { return state_->tables->live().meta[0].layout == 0; }
std::shared_ptr<const Object> XdpEngine::tables() const { return state_->tables; }
Live& XdpEngine::live() { return state_->tables->live(); }
u32 XdpEngine::ticks_per_second() const { return state_->ticks_per_second; }
Result<Moment> XdpEngine::now() const { return state_->tables->now(); }
const Load* XdpEngine::load() const { return state_->load ? &*state_->load : nullptr; }
void XdpEngine::flip(const Image& image) {
  if (state_->current && state_->current->prefixes().lengths) waymark::flip(state_->current->prefixes(), image);
}

const Object* XdpEngine::object() const { return state_->current ? &*state_->current : nullptr; }
Counters XdpEngine::counters() const { return state_->tables->counters(); }
std::vector<TargetCounters> XdpEngine::target_traffic(u32 count) const { return state_->tables->target_traffic(count); }
void XdpEngine::reset_target_traffic(u32 slot) const { state_->tables->reset_target_traffic(slot); }

Loader XdpEngine::loader() const {
  return [tables = state_->tables, program = state_->options.program, log_file = state_->options.log_file,
          buckets = u32(state_->tables->live().pins.size())](const Image& image) -> Result<Loaded> {
    if (image.settings.pin_buckets != buckets) return other_pins(buckets, image.settings.pin_buckets);
    const Time begin = now_monotonic();
    Object::Options how;
    how.programs = programs_of(image);
    how.log_file = log_file;
    how.mapped = false;
    how.shared = [&](std::string_view table) { return tables->map(std::string(table).c_str()); };
    Result<Object> next = Object::load(program, image, how);
    if (!next) return next.error();
    return Loaded{std::move(*next), now_monotonic() - begin};
  };
}

Status XdpEngine::put(Loaded loaded, const std::vector<Attachment>& interfaces) {
  const Time begin = now_monotonic();
  Load load{program_facts(loaded.object.program()), {}, loaded.loading, {}, {}, {}};
  for (const ProgramEntry& p : kPrograms)
    if (const int program = loaded.object.program(p.function); program >= 0)
      load.programs.push_back({p, program_facts(program)});
  Fd jumps(bpf_obj_get(state_->jumps_file(false).c_str()));
  WM_TRY(state_->put_on(loaded.object, interfaces, load));
  load.swapping = now_monotonic() - begin;
  state_->retired = std::make_shared<Retired>(std::move(jumps), std::move(state_->current));
  state_->current = std::move(loaded.object);
  state_->load = std::move(load);
  return Done{};
}

std::shared_ptr<Retired> XdpEngine::take_retired() { return std::exchange(state_->retired, nullptr); }

Status XdpEngine::apply(const Image& image, const std::vector<Attachment>& interfaces) {
  Result<Loaded> loaded = loader()(image);
  if (!loaded) return loaded.error();
  return put(std::move(*loaded), interfaces);
}

Status XdpEngine::serve(const Attachment& to) {
  if (!state_->current) return Error{"no program is loaded yet"};
  bool held = false;
  WM_TRY(state_->check_interface(to, held));
  Undo undo;
  WM_TRY(held ? state_->move(*state_->current, to, undo) : state_->add(*state_->current, to, undo));
  undo.forget();
  std::erase_if(state_->load->interfaces, [&](const Attached& a) { return a.interface == to.interface; });
  state_->load->interfaces.push_back(state_->links.at(to.interface).how);
  return Done{};
}

Status XdpEngine::fits(const std::string& instance, const TableSizes& sizes, const std::string& root) {
  const std::string directory = root + "/" + instance;
  WM_TRY(check_contents(directory));
  std::vector<Fd> held;
  const auto table = [&](const char* name) { return Fd(bpf_obj_get((directory + "/" + pinned_name(name)).c_str())); };
  return check_sizes([&](const char* name) { return held.emplace_back(table(name)).get(); }, sizes);
}

bool XdpEngine::exists(const std::string& instance, const std::string& root) {
  return !list(root + "/" + instance).empty();
}

Status XdpEngine::remove(const std::string& instance, const std::string& root) {
  return PinnedSet::remove(root + "/" + instance);
}

}  // namespace waymark
