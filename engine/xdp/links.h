// XDP links, one an interface: attached, moved to another program, given up.
#pragma once

#include <string>

#include "config/config.h"
#include "engine/xdp/engine.h"

namespace waymark {

// A file descriptor that is closed with its owner.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

struct LinkFacts {
  u32 id = 0, interface = 0, program = 0;  // interface 0: it is gone
};
LinkFacts link_facts(int link);

// What sits on an interface now.
struct OnInterface {
  bool exists = false;
  u32 program = 0;  // id; 0: none
  bool generic = false;
};
OnInterface on_interface(u32 interface);

// "program 12 (xdp_filter)", as much as the kernel tells.
std::string program_name(u32 id);

// Attaches `program` where no link is. `how` is told the mode and why native mode was not used.
Result<Fd> attach(const Attachment& to, int program, Attached& how);

// Moves a link from one program to another; fails when it does not run `from`.
Status move_link(int link, int from, int to, const std::string& interface);

}  // namespace waymark
