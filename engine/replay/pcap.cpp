#include "engine/replay/pcap.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <cerrno>
#include <cstring>

namespace waymark {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr time_t kLatest = 9'000'000'000;  // in the year 2255, shortly before nanoseconds overflow

// IPv4 and IPv6 have link types of their own beside "raw IP", whose number in DLT_ form differs between systems.
std::optional<LinkType> link_type_of(int dlt) {
  switch (dlt) {
    case DLT_EN10MB:
      return LinkType::ethernet;
    case DLT_RAW:
    case 101:
    case DLT_IPV4:
    case DLT_IPV6:
      return LinkType::raw;
    default:
      return std::nullopt;
  }
}

std::string name_of(int dlt) {
  const char* name = pcap_datalink_val_to_name(dlt);
  return name ? name : fmt::format("number {}", dlt);
}

}  // namespace

void PcapReader::Close::operator()(pcap* file) const { pcap_close(file); }
void PcapWriter::Close::operator()(pcap* file) const { pcap_close(file); }
void PcapWriter::Close::operator()(pcap_dumper* file) const { pcap_dump_close(file); }

Result<PcapReader> PcapReader::open(const std::string& path) {
  char why[PCAP_ERRBUF_SIZE] = "";
  PcapReader reader;
  reader.path_ = path;
  reader.file_.reset(pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, why));
  if (!reader.file_) return Error{fmt::format("\"{}\" cannot be read as a capture: {}", path, why)};
  const int dlt = pcap_datalink(reader.file_.get());
  const auto link = link_type_of(dlt);
  if (!link)
    return Error{
        fmt::format("\"{}\" cannot be read: its link type {} is neither Ethernet nor raw IP", path, name_of(dlt))};
  reader.link_ = *link;
  return reader;
}

Result<std::optional<Frame>> PcapReader::next() {
  if (!file_) return std::optional<Frame>();
  pcap_pkthdr* header = nullptr;
  const u8* bytes = nullptr;
  const int result = pcap_next_ex(file_.get(), &header, &bytes);
  if (result == PCAP_ERROR_BREAK) return std::optional<Frame>();
  std::string why;
  if (result != 1) {
    why = pcap_geterr(file_.get());
  } else if (header->caplen > kMaxFrame) {
    why = fmt::format("its {} bytes are more than the {} a packet can have", header->caplen, kMaxFrame);
  } else if (header->len < header->caplen) {
    why = fmt::format("{} bytes of it were captured, yet it is said to have only {}", header->caplen, header->len);
  } else if (header->ts.tv_sec < 0 || header->ts.tv_sec > kLatest) {
    why = fmt::format("its time stamp of {} seconds since 1970 is not one", header->ts.tv_sec);
  } else {
    ++frames_;
    return std::optional(Frame{.bytes = {bytes, header->caplen},
                               .original_length = header->len,
                               .epoch = seconds(header->ts.tv_sec) + nanoseconds(header->ts.tv_usec)});
  }
  file_.reset();
  return Error{fmt::format("\"{}\": packet {} cannot be read: {}", path_, frames_ + 1, why)};
}

Result<PcapWriter> PcapWriter::create(const std::string& path, LinkType link) {
  PcapWriter writer;
  writer.path_ = path;
  const int dlt = link == LinkType::raw ? DLT_RAW : DLT_EN10MB;
  writer.format_.reset(pcap_open_dead_with_tstamp_precision(dlt, int(kMaxFrame), PCAP_TSTAMP_PRECISION_NANO));
  if (!writer.format_) return Error{fmt::format("\"{}\" cannot be written: out of memory", path)};
  writer.file_.reset(pcap_dump_open(writer.format_.get(), path.c_str()));
  if (!writer.file_) return Error{fmt::format("\"{}\" cannot be written: {}", path, pcap_geterr(writer.format_.get()))};
  return writer;
}

Status PcapWriter::write(const Frame& frame) {
  if (!file_) return Error{fmt::format("\"{}\" is closed", path_)};
  if (frame.bytes.size() > kMaxFrame)
    return Error{fmt::format("a packet of {} bytes is more than a capture may hold", frame.bytes.size())};
  const auto whole = std::chrono::floor<seconds>(frame.epoch);
  pcap_pkthdr header{};
  header.ts = {.tv_sec = whole.count(), .tv_usec = (frame.epoch - whole).count()};  // libpcap's field, in nanoseconds
  header.caplen = u32(frame.bytes.size());
  header.len = std::max(frame.original_length, header.caplen);
  pcap_dump(reinterpret_cast<u_char*>(file_.get()), &header, frame.bytes.data());
  return Done{};
}

Status PcapWriter::close() {
  if (!file_) return Done{};
  const bool whole = pcap_dump_flush(file_.get()) == 0 && !std::ferror(pcap_dump_file(file_.get()));
  const int why = errno;
  file_.reset();
  if (!whole) return Error{fmt::format("\"{}\" could not be written whole: {}", path_, std::strerror(why))};
  return Done{};
}

}  // namespace waymark
