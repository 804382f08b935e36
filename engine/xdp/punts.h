// Reads the packets that a program punts: those that hosted code must finish.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "base/result.h"
#include "engine/xdp/punt_record.h"

namespace waymark {

class Object;

class PuntReader {
 public:
  using Callback = std::function<void(const PuntRecord& record, std::span<const u8> frame)>;
  // What `object`'s programs punted before, with nobody to read it, is gone. May outlive the object.
  static Result<PuntReader> open(const Object& object, Callback callback);

  PuntReader(PuntReader&&) noexcept;
  PuntReader& operator=(PuntReader&&) noexcept;
  ~PuntReader();

  int fd() const;               // readable when packets wait
  Result<bool> read(u32 most);  // gives at most so many to the callback, without waiting; true: there may be more
  u64 lost() const;             // packets that found the ring full

 private:
  struct State;
  explicit PuntReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace waymark
