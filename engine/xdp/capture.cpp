#include "engine/xdp/capture.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/xdp/kernel_facts.h"
#include "engine/xdp/object.h"

namespace waymark {

namespace {
constexpr size_t kRingPages = 256;  // 1 MiB a CPU
}

struct CaptureReader::State {
  Callback callback;
  perf_buffer* ring = nullptr;
  u64 lost = 0;
  ~State() { perf_buffer__free(ring); }
};

Result<CaptureReader> CaptureReader::open(const Object& object, Callback callback) {
  auto state = std::make_unique<State>();
  state->callback = std::move(callback);
  const auto sample = [](void* context, int, void* data, u32 size) {
    CaptureRecord record;
    if (size < sizeof record) return;
    std::memcpy(&record, data, sizeof record);
    // The kernel pads the record, so its own size says too much.
    const u32 bytes = std::min({record.length, kCaptureBytes, u32(size - sizeof record)});
    static_cast<State*>(context)->callback(record, {static_cast<const u8*>(data) + sizeof record, bytes});
  };
  const auto lost = [](void* context, int, unsigned long long count) { static_cast<State*>(context)->lost += count; };
  state->ring = perf_buffer__new(object.map("capture"), kRingPages, sample, lost, state.get(), nullptr);
  if (!state->ring) return Error{bpf_sentence("cannot capture packets", errno)};
  return CaptureReader(std::move(state));
}

CaptureReader::CaptureReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
CaptureReader::CaptureReader(CaptureReader&&) noexcept = default;
CaptureReader& CaptureReader::operator=(CaptureReader&&) noexcept = default;
CaptureReader::~CaptureReader() = default;

int CaptureReader::fd() const { return perf_buffer__epoll_fd(state_->ring); }
u64 CaptureReader::lost() const { return state_->lost; }

Status CaptureReader::read() {
  if (const int error = -perf_buffer__consume(state_->ring); error > 0)
    return Error{bpf_sentence("cannot read captured packets", error)};
  return Done{};
}

}  // namespace waymark
