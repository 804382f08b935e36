// The cases of the translator and of address tags.
#pragma once

#include "bench/case.h"
#include "bench/translator_site.h"

namespace waymark::bench {

struct TranslatorSpec {
  bool whole;  // the whole program; else the translation alone
  bool ip6;    // what arrives
  Carried carried;
  u32 maps = 0;         // to a random one of so many explicit maps; else by embedded addresses
  bool jumped = false;  // to the role's program, from the director's
};
std::unique_ptr<Case> make_translator(const TranslatorSpec& spec);

// One check of a tag, by the key that its epoch names.
std::unique_ptr<Case> make_tag();

// In user space, of a TCP packet: the whole engine, or the translation alone.
std::unique_ptr<Case> make_userspace_translation(bool whole, bool ip6);

}  // namespace waymark::bench
