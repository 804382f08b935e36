// Sockets that guests come to, and how one process's place is taken by another's without a moment in which nobody
// listens.
#pragma once

#include <string>

#include "base/result.h"

namespace waymark {

class Listening {
 public:
  // In the place of a socket that nobody listens at any more; its mode is 0660. Fails where somebody does, or where
  // anything but a socket is in the way.
  static Result<Listening> on_socket(const std::string& path);
  // For a process that takes another's place: under another name until open() moves it to `path`. What was there stays
  // as kLeft, for a last word with the other.
  static constexpr const char* kLeft = ".old";
  static Result<Listening> beside_socket(const std::string& path);
  // "127.0.0.1:9100", "[::1]:9100". `what` it is for: "[api] metrics". `beside`: another process listens there and
  // shares the address (share()).
  static Result<Listening> on_address(const std::string& address, const std::string& what, bool beside = false);

  Listening(Listening&& other) noexcept;
  Listening& operator=(Listening&& other) noexcept;
  ~Listening();  // removes the socket's file, where it is still its own

  Status open();           // from now on guests come
  void give_back();        // the name, to whom it was before open()
  void settle();           // it is ours for good
  void reclaim();          // the name, from a process that took it and died
  void share(bool on);     // lets another process of this user bind the same address
  bool displaced() const;  // another's file has its name
  int fd() const { return fd_; }
  bool local() const { return !path_.empty(); }  // a unix socket

 private:
  Listening() = default;
  int fd_ = -1;
  std::string path_, bound_;  // where guests look for it; under which name it is now
  unsigned long inode_ = 0;
  std::string name_;  // in sentences
};

}  // namespace waymark
