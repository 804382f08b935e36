// Big-endian fields of a Mobility Header: a reader and a writer that own their bounds.
#pragma once

#include "base/codec.h"
#include "core/address.h"
#include "signal/few.h"

namespace waymark::signalling {

constexpr size_t kMostBytes = 1232;  // of a message: what a UDP datagram carries in IPv6's minimum MTU of 1280
using Bytes = Few<u8, kMostBytes>;

// Reads from the front. Past the end it gives zeros and is no longer good().
class Reader {
 public:
  explicit Reader(ByteView bytes, size_t from = 0) : bytes_(bytes), at_(from) {}
  bool good() const { return good_; }
  size_t at() const { return at_; }  // from the first byte of `bytes`
  size_t left() const { return bytes_.size() - at_; }

  ByteView take(size_t size) {
    if (size > left()) return good_ = false, at_ = bytes_.size(), ByteView();
    at_ += size;
    return bytes_.subspan(at_ - size, size);
  }
  template <class T>
  T number() {
    T value = 0;
    for (u8 byte : take(sizeof(T))) value = T(u64(value) << 8 | byte);
    return value;
  }
  Address ip4() {
    const ByteView taken = take(4);
    return taken.empty() ? Address{} : address_of({load32(taken.data())});
  }
  Address ip6() {
    const ByteView taken = take(16);
    return taken.empty() ? Address{} : load_address(taken.data());
  }

 private:
  ByteView bytes_;
  size_t at_;
  bool good_ = true;
};

// Appends. What would be longer than kMostBytes is left out, and good() is false.
class Writer {
 public:
  bool good() const { return good_; }
  size_t size() const { return bytes_.size(); }
  Bytes& bytes() { return bytes_; }

  void put(ByteView more) { good_ = bytes_.add(more) && good_; }
  template <class T>
  void number(T value) {
    for (size_t i = sizeof value; i-- > 0;) good_ = bytes_.add(u8(value >> 8 * i)) && good_;
  }
  void zeros(size_t count) {
    while (count-- > 0) number(u8(0));
  }
  void ip6(const Address& address) {
    u8 raw[16];
    store_address(raw, address);
    put(raw);
  }
  void ip4(const Address& address) {
    u8 raw[16];
    store_address(raw, address);
    put(ByteView(raw).subspan(12));
  }

 private:
  Bytes bytes_;
  bool good_ = true;
};

}  // namespace waymark::signalling
