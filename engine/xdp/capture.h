// Reads the copies of packets that a program loaded with settings.capture = 1 makes.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "base/result.h"
#include "engine/xdp/capture_record.h"

namespace waymark {

class Object;

class CaptureReader {
 public:
  // `bytes` is the frame's beginning, up to kCaptureBytes.
  using Callback = std::function<void(const CaptureRecord& record, std::span<const u8> bytes)>;
  static Result<CaptureReader> open(const Object& object, Callback callback);

  CaptureReader(CaptureReader&&) noexcept;
  CaptureReader& operator=(CaptureReader&&) noexcept;
  ~CaptureReader();

  int fd() const;    // readable when packets wait
  Status read();     // gives all that wait to the callback, without waiting for more
  u64 lost() const;  // records that found the ring full

 private:
  struct State;
  explicit CaptureReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace waymark
