#!/usr/bin/python3
"""Scapy as the other end of signal/scapy_test.cpp.

build: messages of RFC 6275, 3963, 4283 and 4285, a line each: name, and the IPv6 packet in hexadecimal.
read:  one such packet in a line of the input; prints its fields as Scapy reads them, in one line.
"""
import sys

from scapy.layers.inet6 import *  # noqa: its mobility layers

ENDS = dict(src="2001:db8:1::5", dst="2001:db8:2::1")


def messages():
    yield "update", MIP6MH_BU(seq=16, flags="AHR", mhtime=15, options=[
        MIP6OptAltCoA(acoa="2001:db8:9::1"),
        MIP6OptMobNetPrefix(plen=48, prefix="2001:db8:100::"),
        MIP6OptMNID(id=b"s1@example.net")])
    yield "replay", MIP6MH_BU(seq=17, flags="AHL", mhtime=0, options=[MIP6OptReplayProtection(timestamp=1_700_000_000)])
    yield "authentication", MIP6MH_BU(seq=18, flags="AK", mhtime=1, options=[
        MIP6OptMsgAuth(subtype=1, mspi=256, authdata=b"abcdefghijkl")])
    yield "acknowledgement", MIP6MH_BA(status=135, flags="KR", seq=15, mhtime=2, options=[MIP6OptBRAdvice(rinter=15)])
    yield "refresh", MIP6MH_BRR()
    yield "error", MIP6MH_BE(status=2, ha="2001:db8:1::5")


def option(o):
    name = o.__class__.__name__.replace("MIP6Opt", "")
    if isinstance(o, (Pad1, PadN)):
        return "pad"
    if isinstance(o, MIP6OptAltCoA):
        return f"{name} {o.acoa}"
    if isinstance(o, MIP6OptMobNetPrefix):
        return f"{name} {o.prefix}/{o.plen}"
    if isinstance(o, MIP6OptMNID):
        return f"{name} {o.subtype} {o.id.decode()}"
    if isinstance(o, MIP6OptMsgAuth):
        return f"{name} {o.subtype} {o.mspi} {o.authdata.hex()}"
    if isinstance(o, MIP6OptReplayProtection):
        return f"{name} {bytes(o)[2:10].hex()}"
    if isinstance(o, MIP6OptBRAdvice):
        return f"{name} {o.rinter}"
    return f"{name} {o.otype}"


def fields(raw):
    packet = IPv6(raw)
    mh = packet.payload
    out = [mh.__class__.__name__]
    for field in ("seq", "flags", "status", "mhtime", "ha"):
        if field in (f.name for f in mh.fields_desc):
            out.append(f"{field}={mh.getfieldval(field)}")
    options = [option(o) for o in mh.options]
    out += [o for o in options if o != "pad"]
    out.append("good checksum" if in6_chksum(135, packet, raw[40:]) in (0, 0xFFFF) else "wrong checksum")
    return "; ".join(out)


if sys.argv[1] == "build":
    for name, message in messages():
        print(name, bytes(IPv6(**ENDS) / message).hex())
else:
    for line in sys.stdin:
        print(fields(bytes.fromhex(line)))
