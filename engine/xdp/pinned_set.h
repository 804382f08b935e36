// The tables that outlive a load, pinned in bpffs as one thing: all of them, or none.
//
// Each table is a file. The *seal* is one more: a frozen table that says which of the kernel's tables the set is made
// of. It is pinned last, when packets are served, and unlinked first. So whoever is killed in between leaves a set
// without seal, and find() tells what to do with it:
//
//   sealed, and each table is the one that the seal names    adopted
//   sealed, but a file is missing or is another table        pinned again out of the kernel, by its number (which wants
//                                                            CAP_SYS_ADMIN); where that is not allowed: refused while a
//                                                            program serves packets with it; else given up
//   not sealed, complete, and a program runs on it           adopted: a build without seals made it, or only the seal
//                                                            was still to come
//   not sealed, else                                         given up: nobody's packets were served by it
//
// To give a set up is to remove it; then there is none, and a new one is made. Links that still take packets stay, with
// their old program and what it holds, until the new one takes their place.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/xdp/links.h"
#include "engine/xdp/object.h"

namespace waymark {

class PinnedSet {
 public:
  // What is pinned in `directory`, whole, or nothing. Fails where it is refused; foreign files are not looked at.
  static Result<PinnedSet> find(const std::string& directory);

  bool empty() const { return tables_.empty(); }
  int table(std::string_view name) const;                // its descriptor, which stays ours; -1: not pinned
  const std::string& found() const { return found_; }    // a sentence about what was mended or given up, or empty
  static const std::vector<std::string>& table_names();  // of all that outlive a load

  // Pins those of `object`'s tables that are not there yet, and makes the directory. On an error nothing new is left.
  Status pin(const Object& object);
  // Does nothing where the seal in place is right.
  Status seal(const Object& object);
  // Takes back what pin() did to an empty set; links and programs are not touched.
  void unpin();

  // Seal, links, programs, tables, directory, in this order. Needs no table that this build understands.
  static Status remove(const std::string& directory);

 private:
  std::string file(std::string_view table) const;

  std::string directory_;
  std::map<std::string, Fd, std::less<>> tables_;
  std::string found_;
  u32 generation_ = 0;   // of the seal: one more whenever a build that knows more tables seals anew
  bool sealed_ = false;  // rightly
};

}  // namespace waymark
