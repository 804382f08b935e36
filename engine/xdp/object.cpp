#include "engine/xdp/object.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/xdp/kernel_facts.h"

namespace waymark {

namespace {

struct TableFacts {
  const char* name;
  TableClass kind;
  u32 entries;  // of the map
};

// How many values share one map entry, and how far apart entries lie (engine/xdp/kernel_env.h).
constexpr u32 shared_in_entry(std::size_t value_size) { return value_size < 8 ? u32(8 / value_size) : 1; }
constexpr u32 map_entries(std::size_t values, std::size_t value_size) {
  const std::size_t shared = shared_in_entry(value_size);
  return std::max(1u, u32((values + shared - 1) / shared));
}

std::vector<TableFacts> tables_of(const Image& image) {
  const TableSizes sizes = image.sizes();
  return {
#define WM_CONFIG_FACTS(NAME, RECORD, ENTRIES, CLASS) \
  {#NAME, TableClass::CLASS, map_entries(image.NAME.size(), sizeof(RECORD))},
#define WM_LASTING_FACTS(NAME, RECORD, ENTRIES, CLASS) {#NAME, TableClass::CLASS, map_entries(ENTRIES, sizeof(RECORD))},
      WM_CONFIG_TABLES(WM_CONFIG_FACTS) WM_LASTING_TABLES(WM_LASTING_FACTS)
#undef WM_CONFIG_FACTS
#undef WM_LASTING_FACTS
  };
}

constexpr u32 entry_stride(u32 entry_size) { return (entry_size + 7) & ~7u; }

constexpr const char* kPrefixSection = ".data.prefixes";

constexpr size_t kLogBytes = 16 << 20;  // the verifier's log at level 1; untouched pages cost nothing

// The last lines of the verifier's log: the reason stands there.
std::string tail_of(std::string_view log) {
  std::vector<std::string_view> lines;
  while (!log.empty()) {
    const auto end = log.find('\n');
    const std::string_view line = log.substr(0, end);
    if (!line.empty() && !line.starts_with("processed ") && !line.starts_with("verification time") &&
        !line.starts_with("stack depth"))
      lines.push_back(line);
    log = end == log.npos ? "" : log.substr(end + 1);
  }
  std::string tail;
  for (size_t i = lines.size() > 3 ? lines.size() - 3 : 0; i < lines.size(); ++i)
    tail += (tail.empty() ? "" : " | ") + std::string(lines[i]);
  return tail;
}

struct Unmap {
  size_t bytes;
  void operator()(void* memory) const { munmap(memory, bytes); }
};
using Memory = std::unique_ptr<void, Unmap>;

}  // namespace

struct Object::State {
  bpf_object* object = nullptr;
  std::vector<Memory> memory;
  Live live;
  PrefixHalves halves;
  Role first = Role::director;
  std::vector<std::string> names;  // of programs, in the order of their logs
  ~State() {
    memory.clear();
    bpf_object__close(object);
  }

  Status prepare(const Image& image, const Options& options, std::span<char> logs);
  Status set_constants(const Image& image);
  template <class V>
  Status set_section(const char* name, const V& value);
  Status share(const TableFacts& facts, bpf_map* map, int fd);
  Status fill_jumps();
  Status refusal(int error, const Options& options, std::span<char> logs) const;
  template <class V>
  Status fill(const char* name, TableClass kind, const std::vector<V>& values);
  template <class V>
  Status window(const char* name, u32 limit, std::span<V>& out);
  Status open_prefixes(const Image& image);
};

namespace {

// libbpf has errors of its own beside the system's.
std::string text_of(int error) {
  char text[128];
  libbpf_strerror(error, text, sizeof text);
  return text;
}

}  // namespace

std::vector<std::string> programs_of(const Image& image) {
  std::vector<std::string> programs;
  for (const ProgramEntry& p : kPrograms)
    if ((image.roles | role_bit(image.first)) & role_bit(p.role)) programs.push_back(p.function);
  return programs;
}

Object::Object(std::unique_ptr<State> state) : state_(std::move(state)) {}
Object::Object(Object&&) noexcept = default;
Object& Object::operator=(Object&&) noexcept = default;
Object::~Object() = default;

template <class V>
Status Object::State::set_section(const char* name, const V& value) {
  bpf_map* map = bpf_object__find_map_by_name(object, name);
  if (!map) return Done{};  // an object without settings, as a test's may be
  if (const int error = -bpf_map__set_initial_value(map, &value, sizeof value))
    return Error{"the BPF program's settings are not those of this build (" + std::string(strerror(error)) + ")"};
  return Done{};
}

Status Object::State::set_constants(const Image& image) {
  WM_TRY(set_section(".rodata.cfg", image.settings));
  return set_section(kPrefixSection, image.lengths);
}

Status Object::State::share(const TableFacts& facts, bpf_map* map, int fd) {
  bpf_map_info info{};
  u32 size = sizeof info;
  if (bpf_obj_get_info_by_fd(fd, &info, &size))
    return Error{bpf_sentence("cannot inspect the table " + std::string(facts.name), errno)};
  if (info.type != u32(bpf_map__type(map)) || info.value_size != bpf_map__value_size(map) ||
      info.map_flags != bpf_map__map_flags(map))
    return Error{"the existing table " + std::string(facts.name) + " is not of this build's form (values of " +
                 std::to_string(info.value_size) + " bytes instead of " + std::to_string(bpf_map__value_size(map)) +
                 ")"};
  if (info.max_entries != bpf_map__max_entries(map))
    return Error{"the existing table " + std::string(facts.name) + " has " + std::to_string(info.max_entries) +
                 " entries, and this build or configuration wants " + std::to_string(bpf_map__max_entries(map)) +
                 ": `waymark down` gives it up, and with it every flow's target"};
  if (const int error = -bpf_map__reuse_fd(map, fd))
    return Error{bpf_sentence("cannot take over the table " + std::string(facts.name), error)};
  return Done{};
}

Status Object::State::prepare(const Image& image, const Options& options, std::span<char> logs) {
  WM_TRY(set_constants(image));
  for (const TableFacts& facts : tables_of(image)) {
    bpf_map* map = bpf_object__find_map_by_name(object, facts.name);
    if (!map) continue;
    bpf_map__set_max_entries(map, facts.entries);
    const int fd = options.shared && facts.kind > TableClass::halved ? options.shared(facts.name) : -1;
    if (fd >= 0) WM_TRY(share(facts, map, fd));
  }
  std::vector<std::string> wanted = options.programs;
  if (wanted.empty()) {
    wanted = programs_of(image);
    wanted.push_back("wm_clock");
  }
  bpf_program* program;
  bpf_object__for_each_program(program, object) {
    const bool load = std::find(wanted.begin(), wanted.end(), bpf_program__name(program)) != wanted.end();
    bpf_program__set_autoload(program, load);
    if (!load) continue;
    const std::span<char> log = logs.subspan(names.size() * kLogBytes, kLogBytes);
    bpf_program__set_log_buf(program, log.data(), log.size());
    names.push_back(bpf_program__name(program));
  }
  return Done{};
}

Status Object::State::fill_jumps() {
  const bpf_map* jumps = bpf_object__find_map_by_name(object, "jumps");
  if (!jumps) return Done{};
  for (const ProgramEntry& p : kPrograms) {
    const bpf_program* program = bpf_object__find_program_by_name(object, p.function);
    const int fd = program ? bpf_program__fd(program) : -1;
    if (fd >= 0 && bpf_map_update_elem(bpf_map__fd(jumps), &p.place, &fd, BPF_ANY))
      return Error{bpf_sentence(std::string("cannot make the program ") + p.name + " one that others jump to", errno)};
  }
  return Done{};
}

Status Object::State::refusal(int error, const Options& options, std::span<char> logs) const {
  const auto written = [&](size_t i) { return logs[i * kLogBytes] != 0; };  // of who was refused, alone
  size_t which = 0;
  while (which < names.size() && !written(which)) ++which;
  if (which < names.size() && may_compare_pointers()) {
    const char* text = &logs[which * kLogBytes];
    const std::string_view log(text, strnlen(text, kLogBytes));
    std::string where;
    if (FILE* file = options.log_file.empty() ? nullptr : fopen(options.log_file.c_str(), "we")) {
      if (fwrite(log.data(), 1, log.size(), file) == log.size()) where = "; the whole log is in " + options.log_file;
      fclose(file);
    }
    return Error{"the kernel's verifier refused the program " + names[which] + ": " + tail_of(log) + where};
  }
  return Error{bpf_sentence("cannot load the BPF program", may_compare_pointers() ? error : EPERM)};
}

// Config tables are written in one call each: 10,000 services in a few milliseconds.
template <class V>
Status Object::State::fill(const char* name, TableClass kind, const std::vector<V>& values) {
  bpf_map* map = bpf_object__find_map_by_name(object, name);
  if (!map) return Done{};
  const int fd = bpf_map__fd(map);
  if (!values.empty()) {
    std::vector<u32> keys(values.size());
    for (u32 i = 0; i < keys.size(); ++i) keys[i] = i;
    u32 count = u32(keys.size());
    if (bpf_map_update_batch(fd, keys.data(), values.data(), &count, nullptr))
      return Error{bpf_sentence("cannot fill the table " + std::string(name), errno)};
  }
  if (kind == TableClass::config && bpf_map_freeze(fd))
    return Error{bpf_sentence("cannot freeze the table " + std::string(name), errno)};
  return Done{};
}

template <class V>
Status Object::State::window(const char* name, u32 limit, std::span<V>& out) {
  const bpf_map* map = bpf_object__find_map_by_name(object, name);
  if (!map) return Done{};
  const u32 entries = bpf_map__max_entries(map), stride = entry_stride(bpf_map__value_size(map));
  static_assert(sizeof(V) % 8 == 0 || 8 % sizeof(V) == 0, "values lie side by side");
  const size_t bytes = size_t(entries) * stride;
  void* start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
  if (start == MAP_FAILED) return Error{bpf_sentence("cannot map the table " + std::string(name), errno)};
  memory.push_back(Memory(start, Unmap{bytes}));
  out = {static_cast<V*>(start), std::min<size_t>(limit, entries * shared_in_entry(sizeof(V)))};
  return Done{};
}

Status Object::State::open_prefixes(const Image& image) {
  std::span<Prefixes> lengths;
  WM_TRY(window("prefixes", u32(image.prefixes.size()), halves.prefixes));
  WM_TRY(window("mappings", u32(image.mappings.size()), halves.mappings));
  WM_TRY(window(kPrefixSection, 1, lengths));
  halves.lengths = lengths.data();
  return Done{};
}

Result<Object> Object::load(std::span<const u8> elf, const Image& image, const Options& options) {
  WM_TRY(bpf_usable());
  LIBBPF_OPTS(bpf_object_open_opts, open_options, .object_name = "waymark");
  auto state = std::make_unique<State>();
  state->first = image.first;
  state->object = bpf_object__open_mem(elf.data(), elf.size(), &open_options);
  if (!state->object) return Error{"the BPF object inside this program cannot be read (" + text_of(errno) + ")"};
  size_t bytes = 0;  // of all programs' logs, of which the one who is refused writes
  bpf_program* program;
  bpf_object__for_each_program(program, state->object) bytes += kLogBytes;
  void* start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) return Error{bpf_sentence("cannot load the BPF program", errno)};
  const Memory memory(start, Unmap{bytes});
  const std::span<char> logs(static_cast<char*>(start), bytes);
  WM_TRY(state->prepare(image, options, logs));
  if (const int error = -bpf_object__load(state->object)) return state->refusal(error, options, logs).error();
  // libbpf loads without BTF, and says nothing, when the kernel refuses it.
  if (bpf_object__btf_fd(state->object) < 0)
    return Error{"the kernel refused the BPF program's type information (BTF)"};

  WM_TRY(state->fill_jumps());
#define WM_FILL(NAME, RECORD, ENTRIES, CLASS) WM_TRY(state->fill(#NAME, TableClass::CLASS, image.NAME));
  WM_CONFIG_TABLES(WM_FILL)
#undef WM_FILL

  WM_TRY(state->open_prefixes(image));
  if (!options.mapped) return Object(std::move(state));
  const TableSizes sizes = image.sizes();
  Live& live = state->live;
#define WM_OPEN(NAME, RECORD, ENTRIES, CLASS) WM_TRY(state->window(#NAME, ENTRIES, live.NAME));
  WM_LIVE_TABLES(WM_OPEN)
  WM_STATE_TABLES(WM_OPEN)
#undef WM_OPEN
  return Object(std::move(state));
}

int Object::program() const { return program(program_of(state_->first)); }

int Object::program(const char* name) const {
  const bpf_program* program = bpf_object__find_program_by_name(state_->object, name);
  return program ? bpf_program__fd(program) : -1;
}

int Object::map(const char* name) const {
  const bpf_map* map = bpf_object__find_map_by_name(state_->object, name);
  return map ? bpf_map__fd(map) : -1;
}

Live& Object::live() const { return state_->live; }
const PrefixHalves& Object::prefixes() const { return state_->halves; }

}  // namespace waymark
