#include "roles/path/revoked.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/kinds.h"
#include "core/records.h"
#include "roles/path/packet_revoked.h"

namespace waymark::path {

namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  return first == text.npos ? "" : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Not all of it, and nothing that a terminal would follow.
std::string in_quotes(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 60)) out += u8(c) < 0x20 || u8(c) > 0x7e ? '?' : c;
  return "\"" + out + (text.size() > 60 ? "...\"" : "\"");
}

}  // namespace

Result<u64> read_revoked_id(std::string_view text) {
  std::string_view rest = trimmed(text);
  IdOf of = IdOf::client;
  for (const auto& [word, kind] : {std::pair<std::string_view, IdOf>("client", IdOf::client), {"server", IdOf::server}})
    if (rest.starts_with(word) && rest.size() > word.size() && kBlank.find(rest[word.size()]) != kBlank.npos) {
      rest = trimmed(rest.substr(word.size()));
      of = kind;
      break;
    }
  const auto id = config::decimal(rest, 0, of == IdOf::client ? kMostRevocable : kMaxPathServers - 1);
  if (id) return id_word(of, *id);
  return Error{fmt::format("{} is no id: it is written as \"17\", \"client 17\" or \"server 7\"", in_quotes(text))};
}

std::string revoked_id_text(u64 word) { return fmt::format("{} {}", word & 1 ? "server" : "client", (word >> 1) - 1); }

Result<std::vector<u64>> read_revoked(std::string_view text) {
  std::vector<u64> words;
  for (u32 number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == text.npos ? "" : text.substr(end + 1);
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const Result<u64> word = read_revoked_id(line);
    if (!word) return Error{fmt::format("line {}: {}", number, word.error().sentence)};
    words.push_back(*word);
  }
  std::ranges::sort(words);
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

}  // namespace waymark::path
