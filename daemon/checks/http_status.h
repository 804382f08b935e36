// The status of an HTTP answer, out of its bytes as they come (RFC 9112, 4).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/types.h"

namespace waymark {

// Several heads may come before the one that counts: interim answers, 100 to 199, each with fields of its own and
// ended by an empty line (RFC 9110, 15.2). 101 is none here: nobody asked for another protocol, so nothing follows.
class HttpStatus {
 public:
  static constexpr std::size_t kMostLine = 512;       // bytes of a status line
  static constexpr std::size_t kMostInterim = 65536;  // of the fields of all interim answers

  enum class Read : u8 {
    more,     // the bytes so far do not tell
    known,    // code() is the final status
    no_http,  // what came is no status line
    endless,  // more interim answers than anybody needs
  };

  // The next bytes, in order. Once it gave another value than `more` it must not be called again.
  Read add(std::string_view bytes);

  // Three digits; of the last interim answer until the final one is known.
  std::string_view code() const { return code_; }
  bool began() const { return began_; }  // any byte came at all

 private:
  Read end_line();
  std::string line_;  // without its end; of a field no more than its beginning
  std::string code_;
  std::size_t interim_ = 0;
  bool began_ = false, in_fields_ = false;
};

}  // namespace waymark
