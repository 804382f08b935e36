// Options on the wire: for decode.cpp and encode.cpp alone.
#pragma once

#include "signal/options.h"

namespace waymark::signalling {

// Types, and where the type stands: at x * n + y bytes from the start of the Mobility Header (RFC 6275, 6.2.1).
struct OptionType {
  u8 type;
  u8 x = 1, y = 0;
};
constexpr OptionType kPad1{0}, kPadN{1};
constexpr OptionType kRefreshAdvice{2, 2, 0}, kAlternateCareOf{3, 8, 6}, kNetworkPrefix{6, 8, 4}, kNodeIdentifier{8},
    kAuthentication{9, 8, 5},  // 4n + 1, and the end at a multiple of 8
    kReplayProtection{10, 8, 2}, kVendorSpecific{19, 4, 2}, kRestartCounter{28, 4, 2}, kIp4Home{29, 4, 0},
    kIp4Acknowledged{30, 4, 0}, kIp4CareOf{32, 4, 0}, kBindingIdentifier{35, 2, 0}, kBindingWithCareOf{35, 8, 2},
    kFlow{45, 8, 0},  // 2n, and its selector's addresses at 8n
    kRedirectCapability{46, 4, 0}, kRedirect{47, 4, 0}, kLoad{48, 4, 0};
constexpr u8 kSubBindings = 2, kSubSelector = 3;  // sub-options of a flow, besides the paddings
constexpr u8 kMnHa = 1;                           // subtype of the authentication option
constexpr u32 kLeastSpi = 256;                    // RFC 4285, 5.1
constexpr u16 kRedirectIp6 = 0x8000, kRedirectIp4 = 0x4000;
constexpr u16 kIp4WantsPrefix = 0x0200;

// All options from in.at() to in's end. `update`: of a Binding Update. False: `refusal` has reason and place.
bool read_options(Reader& in, bool update, Options& to, u16& unknown, Refusal& refusal);

// Each where it is to stand, padded in front, and the whole padded to a multiple of 8 bytes.
void write_options(Writer& out, const Options& options);

}  // namespace waymark::signalling
