// Files that somebody else wrote, read with care: a directory, a FIFO, a device or an endless file costs a sentence and
// never the process. And files of our own, replaced as a whole.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace waymark {

struct FileRules {
  std::size_t most_bytes;      // a longer file is refused
  bool only_owners = false;    // refused where its mode lets others than the owner read or write it
  bool may_be_a_pipe = false;  // for commands of a person, `waymark check /dev/stdin`: reading waits for the writer
};

// The whole file. The sentence names the path. Blocks on nothing but a pipe that the rules allow, and on storage.
Result<std::string> read_file(const std::string& path, const FileRules& rules);

// Puts a file with `text` at `path` in one step, in place of whatever file, link, socket or FIFO is there; a directory
// is refused. `mode` as for chmod. On an error what was there is unchanged.
Status replace_file(const std::string& path, const std::string& text, unsigned mode);

// Puts `text` into the regular file at `path`, or that a link there leads to, in one step: the file keeps its mode and
// owner, and the new text is on the disk before it takes the old one's place. Refused where the file does not hold
// `before` any more: somebody else has written it. On an error what was there is unchanged.
Status rewrite_file(const std::string& path, const std::string& before, const std::string& text);

// Removes the socket at `path` if nobody listens at it any more. Done where nothing is there; refused, in a sentence,
// where something else is, or somebody answers.
Status clear_socket(const std::string& path);

// "16 MiB", "65 KiB", "12 bytes": a size for people, rounded to three digits at most.
std::string size_text(std::size_t bytes);

}  // namespace waymark
