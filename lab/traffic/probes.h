// Numbered UDP probes at a steady rate over many sockets (so, many flows); each lost one is counted where it was sent.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "lab/kit/endpoint.h"
#include "lab/kit/loop.h"
#include "lab/traffic/message.h"

namespace waymark::lab {

constexpr Duration kProbePatience = std::chrono::seconds(2);

class Probes {
 public:
  struct Owner {
    virtual size_t probe_sent() = 0;              // returns the window it belongs to
    virtual void probe_answered(bool moved) = 0;  // moved: by another server than this socket's answer before
    virtual void probe_lost(size_t window) = 0;
    virtual void probe_refused() = 0;  // a port unreachable: this socket's flow goes on as a new one

   protected:
    ~Owner() = default;
  };

  Probes(Loop& loop, Owner& owner) : loop_(loop), owner_(owner) {}

  Status open(const std::vector<Endpoint>& to, u32 sockets_each);
  void rate(u32 per_second);
  void tick(Time at);
  size_t outstanding() const { return sent_.size(); }

 private:
  struct Socket : Source {
    Socket(Probes& p, const Endpoint& t, int f) : probes(p), to(t), fd(f) {}
    ~Socket();
    void ready(u32 events) override;
    void renew();
    Probes& probes;
    const Endpoint to;
    int fd;
    ServerName server{};
  };
  struct Sent {
    Time at;
    size_t window;
    bool answered;
  };
  void send_one(Time at);
  void answer(const Probe& probe, Socket& from);

  Loop& loop_;
  Owner& owner_;
  std::vector<std::unique_ptr<Socket>> sockets_;
  Duration interval_{};
  Time next_{};
  u64 number_ = 0;         // of the next probe
  std::deque<Sent> sent_;  // probes number_ - sent_.size() to number_ - 1
};

}  // namespace waymark::lab
