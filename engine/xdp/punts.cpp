#include "engine/xdp/punts.h"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/xdp/kernel_facts.h"
#include "engine/xdp/object.h"

namespace waymark {

namespace {

constexpr size_t kRingPages = 64;  // 256 KiB a CPU

// As the kernel writes them (perf_event_open(2)).
struct Sample {
  perf_event_header header;
  u32 size;
  u8 bytes[];
};
struct Lost {
  perf_event_header header;
  u64 id, count;
};

}  // namespace

struct PuntReader::State {
  Callback callback;
  int map = -1;  // of our own: libbpf wants it until the end
  perf_buffer* ring = nullptr;
  size_t next = 0;  // the CPU whose packets are read first
  u32 budget = 0;
  u64 lost = 0;
  ~State() {
    perf_buffer__free(ring);
    if (map >= 0) close(map);
  }
  bpf_perf_event_ret take(const perf_event_header* event);
};

bpf_perf_event_ret PuntReader::State::take(const perf_event_header* event) {
  if (event->type == PERF_RECORD_LOST) lost += reinterpret_cast<const Lost*>(event)->count;
  if (event->type != PERF_RECORD_SAMPLE) return LIBBPF_PERF_EVENT_CONT;
  const auto* sample = reinterpret_cast<const Sample*>(event);
  PuntRecord record;
  if (sample->size < sizeof record) return LIBBPF_PERF_EVENT_CONT;
  std::memcpy(&record, sample->bytes, sizeof record);
  // The kernel pads the sample, so its own size says too much.
  if (record.length <= sample->size - sizeof record) callback(record, {sample->bytes + sizeof record, record.length});
  return --budget ? LIBBPF_PERF_EVENT_CONT : LIBBPF_PERF_EVENT_DONE;
}

Result<PuntReader> PuntReader::open(const Object& object, Callback callback) {
  auto state = std::make_unique<State>();
  state->callback = std::move(callback);
  state->map = fcntl(object.map("punts"), F_DUPFD_CLOEXEC, 0);
  if (state->map < 0) return Error{bpf_sentence("cannot read punted packets", errno)};
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_BPF_OUTPUT;
  attributes.sample_type = PERF_SAMPLE_RAW;
  attributes.sample_period = attributes.wakeup_events = 1;
  const auto take = [](void* context, int, perf_event_header* event) {
    return static_cast<State*>(context)->take(event);
  };
  state->ring = perf_buffer__new_raw(state->map, kRingPages, &attributes, take, state.get(), nullptr);
  if (!state->ring) return Error{bpf_sentence("cannot read punted packets", errno)};
  return PuntReader(std::move(state));
}

PuntReader::PuntReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
PuntReader::PuntReader(PuntReader&&) noexcept = default;
PuntReader& PuntReader::operator=(PuntReader&&) noexcept = default;
PuntReader::~PuntReader() = default;

int PuntReader::fd() const { return perf_buffer__epoll_fd(state_->ring); }
u64 PuntReader::lost() const { return state_->lost; }

Result<bool> PuntReader::read(u32 most) {
  State& s = *state_;
  s.budget = most;
  const size_t cpus = perf_buffer__buffer_cnt(s.ring);
  for (size_t i = 0; i < cpus && s.budget; ++i) {
    s.next = (s.next + 1) % cpus;  // who had his turn is last the next time
    if (const int error = -perf_buffer__consume_buffer(s.ring, s.next); error > 0)
      return Error{bpf_sentence("cannot read punted packets", error)};
  }
  return s.budget == 0;
}

}  // namespace waymark
