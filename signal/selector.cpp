#include "signal/selector.h"

#include "base/prefix.h"

namespace waymark::signalling {

namespace {

constexpr u8 kFormatIp4 = 1, kFormatIp6 = 2;

// Fields in their order on the wire, each with a flag for its start and one for its end, the first flag the highest
// bit. `visit(ip6, each)` gives them one by one, so that reading and writing agree about order and flags.
template <class S, class Each>
bool in_order(S& s, bool ip6, Each each) {
  return each(s.source) && each(s.destination) && each(s.spi) && (!ip6 || each(s.flow_label)) && each(s.source_port) &&
         each(s.destination_port) && each(s.traffic_class) && each(s.protocol);
}

template <class T>
T read(Reader& in, bool) {
  return in.number<T>();
}
template <>
Address read<Address>(Reader& in, bool ip6) {
  return ip6 ? in.ip6() : in.ip4();
}

template <class T>
void write(Writer& out, T value, bool) {
  out.number(value);
}
void write(Writer& out, const Address& value, bool ip6) { ip6 ? out.ip6(value) : out.ip4(value); }

template <class T>
bool is_before(const T& a, const T& b) {
  return a < b;
}
bool is_before(const Address& a, const Address& b) { return before(a, b); }

template <class T>
bool of_version(const T&, bool) {
  return true;
}
bool of_version(const Range<Address>& range, bool ip6) {
  return is_ip4(range.first) != ip6 && is_ip4(range.last) != ip6;
}

}  // namespace

std::optional<Reason> read_selector(ByteView data, Selector& to) {
  Reader in(data);
  const u8 format = in.number<u8>();
  in.number<u8>();  // reserved
  u32 flags = in.number<u32>();
  if (!in.good()) return Reason::option_length;
  if (format != kFormatIp4 && format != kFormatIp6) return Reason::selector_format;
  to.ip6 = format == kFormatIp6;

  Reason why{};
  auto refuse = [&](Reason reason) { return why = reason, false; };
  const bool whole = in_order(to, to.ip6, [&]<class T>(std::optional<Range<T>>& field) {
    const bool starts = flags >> 31, ends = flags >> 30 & 1;
    flags <<= 2;
    if (!starts) return !ends || refuse(Reason::selector_range);
    Range<T> range;
    range.first = read<T>(in, to.ip6);
    range.last = ends ? read<T>(in, to.ip6) : range.first;
    if (!in.good()) return refuse(Reason::option_length);
    if (is_before(range.last, range.first)) return refuse(Reason::selector_range);
    if (!of_version(range, to.ip6)) return refuse(Reason::address);
    field = range;
    return true;
  });
  if (!whole) return why;
  if (in.left()) return Reason::option_length;
  return {};
}

void write_selector(Writer& out, const Selector& selector) {
  u32 flags = 0, flag = 1u << 31;
  in_order(selector, selector.ip6, [&](const auto& field) {
    if (field) flags |= field->first == field->last ? flag : flag | flag >> 1;
    return flag >>= 2, true;
  });
  out.number(selector.ip6 ? kFormatIp6 : kFormatIp4);
  out.number(u8(0));
  out.number(flags);
  in_order(selector, selector.ip6, [&](const auto& field) {
    if (field) write(out, field->first, selector.ip6);
    if (field && !(field->first == field->last)) write(out, field->last, selector.ip6);
    return true;
  });
}

}  // namespace waymark::signalling
