// Captures as files, through libpcap: reading pcap and pcapng, writing pcap with time stamps in nanoseconds.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/pcapng.h"
#include "base/result.h"
#include "core/types.h"

struct pcap;
struct pcap_dumper;

namespace waymark {

// The largest frame there is to replay: Ethernet, two VLAN tags, and an IPv6 header with the largest payload.
constexpr u32 kMaxFrame = 14 + 2 * 4 + 40 + 65'535;

struct Frame {
  std::span<const u8> bytes{};       // as captured, at most kMaxFrame
  u32 original_length = 0;           // as on the wire, at least bytes.size()
  std::chrono::nanoseconds epoch{};  // since 1970
};

class PcapReader {
 public:
  // "-" is standard input. Other link types than Ethernet and raw IP are refused by name.
  static Result<PcapReader> open(const std::string& path);

  LinkType link_type() const { return link_; }

  // The next frame, valid until the next call; none at the end of the file. After an error there is nothing more to
  // read.
  Result<std::optional<Frame>> next();

 private:
  struct Close {
    void operator()(pcap* file) const;
  };
  std::unique_ptr<pcap, Close> file_;
  std::string path_;
  LinkType link_ = LinkType::ethernet;
  u64 frames_ = 0;
};

class PcapWriter {
 public:
  // Replaces the file at `path`; "-" is standard output.
  static Result<PcapWriter> create(const std::string& path, LinkType link);

  Status write(const Frame& frame);

  // Tells whether everything has reached the file. Without it the destructor closes, and an error stays unknown.
  Status close();

 private:
  struct Close {
    void operator()(pcap* file) const;
    void operator()(pcap_dumper* file) const;
  };
  std::unique_ptr<pcap, Close> format_;
  std::unique_ptr<pcap_dumper, Close> file_;
  std::string path_;
};

}  // namespace waymark
