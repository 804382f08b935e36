// One TCP connection of the client: asks, waits for the checked answer, notices every way in which it can break.
#pragma once

#include <vector>

#include "lab/kit/endpoint.h"
#include "lab/kit/loop.h"
#include "lab/traffic/message.h"

namespace waymark::lab {

constexpr Duration kSilence = std::chrono::seconds(5);  // so long without a byte that is due: broken

class Flow : public Source {
 public:
  // How it went: `refused` was never established; the five after `clean` are what breaks an established one.
  enum class End { refused, clean, reset, ended, mismatch, silent };

  struct Owner {
    virtual void established(Flow& flow) = 0;
    virtual void answered(Flow& flow, Duration waited) = 0;
    virtual void over(Flow& flow, End how) = 0;  // the flow may be started again

   protected:
    ~Owner() = default;
  };

  Flow(Loop& loop, Owner& owner) : loop_(loop), owner_(owner) {}
  ~Flow();
  Flow(Flow&& other) = delete;

  void start(const Endpoint& to, u64 connection);
  void ask();     // sends the next request; only when not waiting()
  void finish();  // says goodbye; over(clean) follows when the server has said it too
  void tick(Time at);
  void ready(u32 events) override;

  bool free() const { return fd_ < 0; }
  bool established() const { return state_ == State::open; }
  bool waiting() const { return waiting_; }
  Time since() const { return since_; }  // of the last request or its last byte of an answer; of the start, else
  const ServerName& server() const { return server_; }

 private:
  enum class State { connecting, open };
  void end(End how);
  void flush();
  bool receive();  // false: the flow has ended

  Loop& loop_;
  Owner& owner_;
  int fd_ = -1;
  State state_ = State::connecting;
  bool waiting_ = false, finishing_ = false, writing_ = false;
  u64 connection_ = 0;
  u32 sequence_ = 0;
  Time asked_{}, since_{};
  ServerName server_{};
  MessageReader reader_;
  std::vector<u8> out_;
  size_t sent_ = 0;
};

}  // namespace waymark::lab
