#include "daemon/checks/http_status.h"

#include <gtest/gtest.h>

namespace waymark {

namespace {

using Read = HttpStatus::Read;

// In pieces of `size` bytes.
Read read(HttpStatus& status, const std::string& bytes, std::size_t size) {
  Read got = Read::more;
  for (std::size_t at = 0; at < bytes.size() && got == Read::more; at += size)
    got = status.add(std::string_view(bytes).substr(at, size));
  return got;
}

const std::string kHints = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nLink: </b>\r\n\r\n";

}  // namespace

TEST(HttpStatus, InterimAnswersAreSkippedHoweverTheyAreCut) {
  for (const std::string& before :
       {std::string(), kHints, "HTTP/1.1 100 Continue\r\n\r\n" + kHints + kHints, std::string("HTTP/1.1 102\n\n"),
        "HTTP/1.1 103 x\r\nLink: " + std::string(9000, 'x') + "\r\n\r\n"})
    for (const std::size_t size : {1u, 2u, 3u, 7u, 512u, 100'000u}) {
      HttpStatus status;
      EXPECT_EQ(read(status, before + "HTTP/1.1 503 Busy\r\nX: HTTP/1.1 200 OK\r\n\r\n", size), Read::known);
      EXPECT_EQ(status.code(), "503");
    }
}

TEST(HttpStatus, AFieldThatLooksLikeAStatusIsNone) {
  HttpStatus status;
  EXPECT_EQ(read(status, "HTTP/1.1 103 x\r\nHTTP/1.1 200 OK\r\n\r\n", 1), Read::more);
  EXPECT_EQ(read(status, "HTTP/1.1 404 x\r\n", 1), Read::known);
  EXPECT_EQ(status.code(), "404");
}

TEST(HttpStatus, SwitchingProtocolsIsFinal) {
  HttpStatus status;
  EXPECT_EQ(read(status, "HTTP/1.1 101 Switching Protocols\r\n", 1), Read::known);
  EXPECT_EQ(status.code(), "101");
}

TEST(HttpStatus, WhatComesIsBounded) {
  HttpStatus line, hints, fields;
  EXPECT_EQ(read(line, "HTTP/1.1 200 " + std::string(HttpStatus::kMostLine, 'x'), 100), Read::no_http);
  std::string many;
  while (many.size() < 2 * HttpStatus::kMostInterim) many += kHints;
  EXPECT_EQ(read(hints, many, 512), Read::endless);
  EXPECT_EQ(read(fields, "HTTP/1.1 103 x\r\n" + std::string(HttpStatus::kMostInterim + 1, 'x'), 512), Read::endless);
}

TEST(HttpStatus, WhatIsNoStatusLineIsNoHttp) {
  for (const char* line :
       {"", "SSH-2.0-OpenSSH", "HTTP/1.1 20", "HTTP/1.1 2000 OK", "HTTP/2.0 200 OK", "HTTP/1.1200 OK "}) {
    HttpStatus status;
    EXPECT_EQ(read(status, std::string(line) + "\r\n", 1), Read::no_http) << line;
  }
  HttpStatus after;
  EXPECT_EQ(read(after, kHints + "no\r\n", 1), Read::no_http);
}

}  // namespace waymark
