#include "agents/seal.h"

namespace waymark::agents {

Address care_of_in(const signalling::Options& options, const Address& source) {
  for (const signalling::BindingIdentifier& binding : options.bindings)
    if (binding.care_of) return *binding.care_of;
  if (options.alternate_care_of) return *options.alternate_care_of;
  return options.ip4_care_of.value_or(source);
}

std::vector<u8> seal(signalling::Message message, signalling::Association& association, const Address& care_of,
                     const std::string& receiver) {
  message.options.mac = signalling::MnHa{association.spi(), {}};
  Result<signalling::Bytes> bytes = encode(message);
  if (!bytes || !association.sign(*bytes, {care_of, {}, bytes_of(receiver)})) return {};
  return {bytes->begin(), bytes->end()};
}

bool is_authentic(ByteView datagram, const signalling::Decoded& decoded, signalling::Association& association,
                  const Address& care_of, const std::string& receiver) {
  return association.verify(datagram.first(decoded.size), {care_of, {}, bytes_of(receiver)});
}

}  // namespace waymark::agents
