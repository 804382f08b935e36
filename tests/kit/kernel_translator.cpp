#include "tests/kit/kernel_translator.h"

#include <net/if.h>
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/steer.h"
#include "core/way.h"

namespace waymark {

namespace {

constexpr u32 kLong = 1u << 28;  // ticks

[[noreturn]] void give_up(const std::string& sentence) {  // the machine, not the code under test, is at fault
  std::fprintf(stderr, "%s\n", sentence.c_str());
  std::abort();
}

// The kernel keeps 40 bytes of the head room for itself.
u32 in_kernel(u32 head_room) { return head_room == 256 ? 256 : head_room + 40; }

}  // namespace

bool enter_namespace_of_two() {
  char name[IF_NAMESIZE];
  if (unshare(CLONE_NEWNET)) return false;
  if (if_indextoname(2, name)) return true;  // some kernels make a tunnel device in each
  return std::system("ip link add wm-two index 2 type veth peer name wm-off index 3") == 0 && if_indextoname(2, name);
}

KernelTranslator::KernelTranslator(std::span<const u8> elf, const Image& image) {
  std::copy(std::begin(image.settings.pin_key), std::end(image.settings.pin_key), pin_key_);
  auto loaded = Object::load(elf, image);
  if (!loaded) give_up(loaded.error().sentence);
  object_.emplace(std::move(*loaded));
  run_.emplace(*object_);
}

u32 KernelTranslator::now() {
  const auto moment = object_->now();
  if (!moment) give_up(moment.error().sentence);
  return moment->ticks;
}

void KernelTranslator::learn(const CachedRoute& way, u32 index) {
  CachedRoute copy = way;
  copy.valid_until = now() + kLong;
  copy.seal = seal_of(pin_key_, &copy);
  object_->live().ways[index] = copy;
}

void KernelTranslator::learn(std::span<const CachedRoute> ways) {
  for (u32 i = 0; i < ways.size(); ++i) {
    if (ways[i].seal) learn(ways[i], i);
  }
}

bool KernelTranslator::makes(u32 head_room) { return in_kernel(head_room) >= TestRun::least_head_room(); }

Ended KernelTranslator::run(const packets::Bytes& frame, u32 in, u32 head_room, u16 expected) {
  auto o = run_->run(frame, in, expected, in_kernel(head_room));
  if (!o) give_up(o.error().sentence + "\n" + packets::hexdump(frame));
  const u32 out = o->action == 3 ? in : o->action == 4 ? 3 - in : 0;
  return {{o->reason, o->verdict}, out, o->frame};
}

}  // namespace waymark
