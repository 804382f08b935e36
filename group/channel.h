// One encrypted, authenticated, ordered stream of messages between two members, over bytes that anybody could have
// written.
//
// Each end sends a hello: who it is, which group, its epoch, and a nonce. From the group's secret and both hellos
// follow two keys, one a direction; each frame is sealed with its number and its length (base/aead.h). Who dialled
// proves first, by an empty frame, the other answers with its own: a stranger that connects is given nothing by which
// to guess the secret. Nothing is believed before that frame: not the name in the hello either.
//
// What somebody on the way can do: read the hellos (names of group and members), see how long frames are and when they
// go, delay them, cut them. What it cannot: read a frame, or have anything believed. A frame that is changed, repeated,
// left out, out of order, sent back to its sender, or of another connection does not open, as number, direction and
// both nonces are in its seal; the channel is then dead. Freshness rests on the nonces: each must be drawn at random
// for its connection alone. Who can answer a dialling member gets a seal to try secrets on: the secret must be random,
// not a word. Who learns the secret later can read what was recorded before. All members share the one secret, so a
// member can speak in another's name: a group is as honest as its worst member's machine (what a lying member can do to
// pins: group/mirror.h).
//
// On the wire, integers little-endian:
//   hello   "waymark" version:u8 | epoch:63 bits, in step:1 | nonce:32 bytes | length:u8 name | length:u8 group
//   frame   length:u32 | body, encrypted | tag:16 bytes; of the body's length, which is beside it, and the frame's
//   number
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/aead.h"
#include "base/result.h"

namespace waymark::group {

using Nonce = std::array<u8, 32>;
constexpr size_t kFrameBody = 64 << 10;  // at most

constexpr size_t kLeastSecret = 32, kMostSecret = 4096;  // bytes of a key file

// The secret of a group's key file: its bytes as they are, without one line end at its end; or why it is none.
Result<std::vector<u8>> read_secret(ByteView file);

// The keys of flows (Settings::pin_key) that the members of a group share.
std::array<u32, 12> pin_key_of(ByteView secret, const std::string& group);

class Channel {
 public:
  struct Self {
    std::string name, group;
    u64 epoch;  // one for each life of the daemon: a peer sees by it that the other began anew; its last bit is not
                // used
    bool in_step = false;  // or announced: said in the hello, as a hint also to who does not believe the rest
  };
  // `expected`: the names of which the other end must have one; where we dialled, the one that we dialled.
  Channel(ByteView secret, const Self& self, std::vector<std::string> expected, const Nonce& nonce, bool dialled);

  // Takes what came; the bodies of the frames that are whole and true, in order. An error is the channel's end: from
  // then on it gives the same error. What waits for its rest is never more than a frame, and 340 bytes before proof.
  Result<std::vector<std::vector<u8>>> feed(ByteView bytes);

  bool proven() const { return proven_; }                     // the other end knows the secret
  const std::string& peer() const { return peer_; }           // who it says it is; "" before a hello that may be
  const std::string& claimed() const { return claimed_; }     // likewise, of a hello that was refused as well
  bool claims_in_step() const { return claims_in_step_; }     // likewise; true where it said nothing that we read
  bool other_version() const { return other_version_; }       // it speaks of a group, in words that are not ours
  u64 peer_epoch() const { return peer_epoch_; }              //
  void send(ByteView body);                                   // once proven(); at most kFrameBody bytes
  size_t waiting() const { return out_.size(); }              // bytes for take()
  std::vector<u8> take() { return std::exchange(out_, {}); }  // what is to be carried to the other end

 private:
  Result<size_t> take_hello(ByteView bytes);  // how many bytes it had; 0 where it is not whole yet
  Status check_start(ByteView bytes);
  void derive();
  void append_frame(ByteView body);

  std::vector<u8> secret_, hello_, peer_hello_;
  Self self_;
  std::vector<std::string> expected_;
  bool dialled_;
  std::string peer_, claimed_;
  bool other_version_ = false, claims_in_step_ = true;
  u64 peer_epoch_ = 0;
  std::optional<Aead> ours_, theirs_;  // set once both hellos are known
  u64 sent_ = 0, received_ = 0;        // frames: their numbers
  bool proven_ = false;
  std::vector<u8> waiting_, out_;
  std::optional<Error> dead_;
};

}  // namespace waymark::group
