// Kinds of values. Each says in words what it wants (sentences and the reference use that), reads a node, and shows a
// value as one would write it in the file. An Error completes a sentence that begins with the key: "must be ...".
#pragma once

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/config.h"
#include "config/prefixes.h"
#include "config/tree.h"

namespace waymark::config {

Error unwanted(std::string_view wants, const Node& node);  // "must be <wants>, not <node>"

template <class V>
struct Number {
  u64 least, most;
  bool or_zero = false;

  std::string wants() const {
    return fmt::format("{}a whole number from {} to {}", or_zero ? "0, or " : "", least, most);
  }
  Result<V> read(const Node& node) const {
    const auto* n = node.as<std::int64_t>();
    const bool fits = n && ((or_zero && *n == 0) || (*n >= std::int64_t(least) && *n <= std::int64_t(most)));
    if (!fits) return unwanted(wants(), node);
    return V(*n);
  }
  std::string show(V value) const { return std::to_string(value); }
};

// One of a few words.
template <class V>
struct Word {
  std::string_view word;
  V value;
};
template <class V, std::size_t N>
struct OneOf {
  std::array<Word<V>, N> words;

  std::string wants() const {
    std::string out;
    for (std::size_t i = 0; i < N; ++i)
      out += fmt::format("{}\"{}\"", i == 0 ? "" : i + 1 == N ? " or " : ", ", words[i].word);
    return out;
  }
  Result<V> read(const Node& node) const {
    if (const auto* text = node.as<std::string>())
      for (const auto& word : words)
        if (word.word == *text) return word.value;
    return unwanted(wants(), node);
  }
  std::string show(const V& value) const {
    for (const auto& word : words)
      if (word.value == value) return fmt::format("\"{}\"", word.word);
    return {};
  }
};
template <class V, std::size_t N>
constexpr OneOf<V, N> one_of(const Word<V> (&words)[N]) {
  return {std::to_array(words)};
}

struct Flag {
  std::string wants() const { return "true or false"; }
  Result<bool> read(const Node& node) const;
  std::string show(bool value) const { return value ? "true" : "false"; }
};

// What class of service flows have: a DSCP, or 64 for "copy".
struct FlowClass {
  std::string wants() const { return "a DSCP from 1 to 63, or \"copy\""; }
  Result<std::optional<u8>> read(const Node& node) const;
};

// "500ms", "2s", "30m", "1h"
struct Span {
  Duration least, most;
  std::string wants() const;
  Result<Duration> read(const Node& node) const;
  std::string show(Duration value) const;
};

// A span, or "off": 0.
struct SpanOrOff {
  Span span;
  std::string wants() const { return span.wants() + ", or \"off\""; }
  Result<Duration> read(const Node& node) const;
  std::string show(Duration value) const { return value == Duration(0) ? "\"off\"" : span.show(value); }
};

// "100mbit": bits a second.
std::string rate_text(u64 value);
struct Rate {
  u64 least, most;
  std::string wants() const;
  Result<u64> read(const Node& node) const;
  std::string show(u64 value) const;
};

// What a service, target, zone or node may be called.
struct Name {
  bool dots = true;    // a node's name is part of paths in bpffs, which refuses dots
  bool stars = false;  // each for any characters
  std::string wants() const;
  Result<std::string> read(const Node& node) const;
  std::string show(const std::string& value) const { return fmt::format("\"{}\"", value); }
};

// An address as it is written; an Error with no sentence where it is none.
Result<Address> read_address(const std::string& text);

// The MAC address of one interface.
struct MacAddress {
  std::string wants() const { return "the MAC address of one interface such as \"02:57:00:00:00:1a\""; }
  Result<Mac> read(const Node& node) const;
};

// An address that a packet may carry.
struct HostAddress {
  std::string wants() const { return "an IPv4 or IPv6 address"; }
  Result<Address> read(const Node& node) const;
};

// Likewise, or a prefix of such addresses.
struct HostPrefix {
  std::string wants() const { return "an IPv4 or IPv6 address, or a prefix such as \"2001:db8:80::/64\""; }
  Result<Prefix> read(const Node& node) const;
};

struct Ports {
  std::string wants() const { return "ports such as \"tcp/80\", \"udp/1000-2000\" or \"tcp/*\""; }
  Result<PortRange> read(const Node& node) const;
};

// "127.0.0.1:9100", "[::1]:9100", however it was written. `takes`: peers or sockets.
struct Listen {
  Takes takes = Takes::sockets;
  std::string wants() const { return "an address and port such as \"127.0.0.1:9100\" or \"[::1]:9100\""; }
  Result<std::string> read(const Node& node) const;
};

// What is asked for in an HTTP request: "/healthz".
struct RequestPath {
  std::string wants() const {
    return "a path such as \"/healthz\", of at most 1000 printable characters without spaces";
  }
  Result<std::string> read(const Node& node) const;
};

// A DNS name, as in a Host header and a certificate.
struct HostName {
  std::string wants() const { return "a host name such as \"www.example.net\""; }
  Result<std::string> read(const Node& node) const;
  std::string show(const std::string& value) const { return fmt::format("\"{}\"", value); }
};

// A name in DNS, of letters, digits, hyphens and underscores. As it is kept: in lower case, without a dot at its end.
struct DomainName {
  std::string wants() const { return "a name such as \"www.example.net\""; }
  Result<std::string> read(const Node& node) const;
};

// An application protocol's ALPN id (RFC 7301).
struct AlpnId {
  std::string wants() const { return "a protocol such as \"h2\", of at most 255 letters, digits and .-_/"; }
  Result<std::string> read(const Node& node) const;
};

// Where a socket may listen, at a port that another key has.
struct ListenAddress {
  std::string wants() const { return "an IPv4 or IPv6 address"; }
  Result<Address> read(const Node& node) const;
};

struct FilePath {
  std::string wants() const { return "an absolute path of at most 4000 bytes"; }
  Result<std::string> read(const Node& node) const;
};

// The path of a unix socket, which leaves room for another name beside it (daemon/listening.h).
struct SocketPath {
  std::string wants() const { return "an absolute path of at most 103 bytes"; }
  Result<std::string> read(const Node& node) const;
};

// An interface, or one VLAN of it, as a key of [engine] interfaces: the zone is left empty.
struct InterfaceName {
  std::string wants() const {
    return "an interface such as \"eth0\", with up to two VLAN ids from 1 to 4094 as in \"eth0:100\"";
  }
  Result<InterfaceConfig> parse(std::string_view text) const;
  Result<std::string> read(const Node& node) const;
};

// "192.0.2.0/24", "2001:db8::/32"; an address alone is the prefix of its whole length.
struct PrefixOf {
  enum Family : u8 { either, ip4, ip6 } family = either;
  Takes takes = Takes::hosts;
  std::string wants() const;
  Result<Prefix> parse(const Node& node) const;  // whatever it takes
  Result<Prefix> read(const Node& node) const;
};

// Which traffic class a translated packet gets: its own, or always the same.
struct TrafficClass {
  std::string wants() const { return "\"copy\", or a whole number from 0 to 255"; }
  Result<std::optional<u8>> read(const Node& node) const;
  std::string show(const std::optional<u8>& value) const { return value ? std::to_string(*value) : "\"copy\""; }
};

// The fields of an address plan; config/plans.h reads them.
struct Layout {
  std::string wants() const { return "fields with their bits such as \"tenant:32 gateway:32 ipv4:32\""; }
  Result<std::string> read(const Node& node) const;
};

// A decimal number as people write it: digits only, no leading zero.
std::optional<u64> decimal(std::string_view text, u64 least, u64 most);

// Ports as they are written: "tcp/80", "udp/1000-2000", "tcp/*".
std::string text(const PortRange& ports);

// An interface as it is written: "eth0", "eth0:100", "eth0:100:7".
std::string text(const InterfaceConfig& interface);

}  // namespace waymark::config
