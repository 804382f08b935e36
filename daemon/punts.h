// Finishes the packets that the program punts: each goes through the user-space engine, which has the same tables of
// configuration, and what comes out is sent by the kernel's routes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "daemon/loop.h"
#include "daemon/snapshot.h"
#include "engine/replay/userspace.h"
#include "engine/xdp/punts.h"
#include "node/held.h"
#include "rtnetlink/frames.h"
#include "rtnetlink/netlink.h"
#include "rtnetlink/raw.h"

namespace waymark {

class Punts {
 public:
  // `ticks`: the packets' clock.
  static Result<std::unique_ptr<Punts>> open(Loop& loop, std::function<u32()> ticks);

  // What `object`, loaded with `image`, punts from now on; what another one punted before is finished at once.
  // `tables`: that outlive loads, which these packets share with it.
  Status follow(const Object& object, Image image, std::shared_ptr<const Object> tables);
  const PuntCounts& counts();

  // Whether the first of what is held has come; to be called at deadline().
  void look(Time now);
  Time deadline() const { return held_.deadline(); }

 private:
  Punts(Loop& loop, std::function<u32()> ticks, RawSender sender, netlink::Requests requests, FrameSender frames);
  void read();
  void finish(const PuntRecord& record, std::span<const u8> frame);
  std::optional<EarlyFragment> pass_on(u32 interface, u16 reason, std::span<const u8> frame);
  void failed(const std::string& why);
  Routed route(const Address& from, const Address& to);

  Loop& loop_;
  std::function<u32()> ticks_;
  RawSender sender_;
  netlink::Requests requests_;
  FrameSender frames_;
  std::shared_ptr<const Object> tables_;  // some of the engine's are theirs
  UserspaceEngine engine_;
  Held held_;
  std::optional<PuntReader> reader_;
  std::unique_ptr<Loop::Watch> watch_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for work that is posted
  u32 now_ = 0;                                                 // ticks
  u64 lost_before_ = 0;                                         // by earlier readers
  PuntCounts counts_;
  Time told_{0};
  bool posted_ = false;
};

}  // namespace waymark
