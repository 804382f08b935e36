// Messages as they leave an agent: encoded and signed (RFC 4285).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "signal/auth.h"

namespace waymark::agents {

// The care-of address that the MAC covers, in an Update and in what answers it: the first that the Update names
// (Binding Identifiers, then Alternate Care-of Address, then IPv4 Care-of Address), or else the datagram's source. No
// message has a home address, as services are named by options, which the MAC covers: there it is unspecified.
Address care_of_in(const signalling::Options& options, const Address& source);

inline ByteView bytes_of(const std::string& identity) {
  return {reinterpret_cast<const u8*>(identity.data()), identity.size()};
}

// Signed for `receiver`. Other messages than Updates and Acknowledgements have no care-of address. Empty: it cannot be
// encoded.
std::vector<u8> seal(signalling::Message message, signalling::Association& association, const Address& care_of,
                     const std::string& receiver);

// Whether this message was signed for `receiver` with the association.
bool is_authentic(ByteView datagram, const signalling::Decoded& decoded, signalling::Association& association,
                  const Address& care_of, const std::string& receiver);

}  // namespace waymark::agents
