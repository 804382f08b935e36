// What passed on both sides of the translator, as tshark judges it.
#pragma once

#include <string>
#include <vector>

#include "lab/kit/process.h"
#include "lab/kit/verdict.h"
#include "lab/translator/site.h"

namespace waymark::lab {

// Packets of one side.
struct Judged {
  u64 all = 0, malformed = 0, bad = 0, good = 0, large = 0;  // bad: a wrong checksum, good: right ones
  u64 errors = 0, fragments = 0, no_checksum = 0;            // ICMP errors; UDP whose checksum is 0
};

// `fields` is what tshark says of each packet by kCaptureFields, a line each; `low` is the narrow link's MTU.
Judged judged(const std::string& fields, u32 low);
extern const std::vector<std::string> kCaptureFields;

class Capture {
 public:
  explicit Capture(const TranslatorSite& site) : site_(site) {}

  Status start();  // at the routers' ends of t's links: XDP hides from the node itself what it forwards
  Status stop();   // an error if any packet was missed
  // The claims about everything: nothing malformed, no bad checksum, nothing larger than its link; appended to `out`.
  Status judge(Verdict& out) const;

 private:
  std::string file(char side) const { return site_.file(std::string("capture") + side + ".pcapng"); }
  void drain() const;
  std::string bad_ones(char side) const;

  const TranslatorSite& site_;
  std::vector<Process> all_;
};

}  // namespace waymark::lab
