#include "tests/dns/site.h"

namespace waymark::dns {

namespace {

class Reader {
 public:
  Reader(std::span<const u8> wire, std::string& fault) : wire_(wire), fault_(fault) {}
  void want(bool holds, const char* else_fault) {
    if (!holds && fault_.empty()) fault_ = else_fault;
  }
  u32 u8_() {
    want(at_ < wire_.size(), "it ends early");
    return at_ < wire_.size() ? wire_[at_++] : 0;
  }
  u32 u16_() {
    const u32 high = u8_();
    return high << 8 | u8_();
  }
  u32 u32_() {
    const u32 high = u16_();
    return high << 16 | u16_();
  }
  std::string bytes(u32 count) {
    std::string out;
    for (u32 i = 0; i < count; ++i) out += char(u8_());
    return out;
  }
  std::string name() {
    std::string out;
    std::size_t back = 0;
    for (int i = 0; i < 130; ++i) {
      const u32 length = u8_();
      if (length >= 0xc0) {
        const std::size_t to = (length & 0x3f) << 8 | u8_();
        if (!back) back = at_;
        want(to < at_ - 2, "a pointer leads forward");
        at_ = to;
        continue;
      }
      if (!length) break;
      out += (out.empty() ? "" : ".") + bytes(length);
    }
    if (back) at_ = back;
    return out;
  }
  std::size_t at() const { return at_; }

 private:
  std::span<const u8> wire_;
  std::string& fault_;
  std::size_t at_ = 0;
};

void read_options(Reader& in, const std::string& options, Reply& r) {
  for (std::size_t at = 0; at + 4 <= options.size();) {
    const u32 code = u8(options[at]) << 8 | u8(options[at + 1]),
              length = u8(options[at + 2]) << 8 | u8(options[at + 3]);
    const std::string data = options.substr(at + 4, length);
    in.want(data.size() == length, "an option ends early");
    if (code == 8 && data.size() > 3) r.scope = u8(data[3]);
    if (code == 10) r.cookie = data;
    at += 4 + length;
  }
}

}  // namespace

Reply read_reply(std::span<const u8> wire) {
  Reply r;
  r.size = u32(wire.size());
  if (wire.empty()) {
    r.none = true;
    return r;
  }
  Reader in(wire, r.fault);
  r.id = in.u16_();
  const u32 flags = in.u16_();
  in.want(flags & 0x8000, "it is no answer");
  in.want(!(flags & 0x00e0), "recursion is said to be available, or data to be authentic");
  r.authoritative = flags & 0x0400, r.truncated = flags & 0x0200, r.recursion = flags & 0x0100;
  r.rcode = flags & 15;
  const u32 questions = in.u16_();
  r.answers = in.u16_(), r.authority = in.u16_();
  const u32 additional = in.u16_();
  for (u32 i = 0; i < questions; ++i) r.question = in.name(), in.u32_();
  for (u32 i = 0; i < r.answers + r.authority + additional && r.fault.empty(); ++i) {
    const std::string owner = in.name();
    const u32 type = in.u16_(), cls = in.u16_(), ttl = in.u32_(), length = in.u16_();
    if (type == 41) {
      in.want(owner.empty(), "its OPT record has a name");
      r.payload = cls;
      r.rcode |= ttl >> 24 << 4;
      in.want(!(ttl >> 16 & 0xff), "its EDNS version is not 0");
      r.dnssec_ok = ttl & 0x8000;
      r.options = in.bytes(length);
      read_options(in, r.options, r);
      continue;
    }
    if (!i)
      r.type = type, r.ttl = ttl, r.data = in.bytes(length);
    else
      in.bytes(length);
    if (i == r.answers) r.authority_owner = owner;
  }
  in.want(in.at() == wire.size(), "bytes are left over");
  return r;
}

}  // namespace waymark::dns
