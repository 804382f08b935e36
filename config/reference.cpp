// Walks over the schema: the reference page, and which section a key belongs to.
#include <set>

#include "config/parse.h"
#include "config/schema.h"
#include "roles/role.h"

namespace waymark {
namespace config {
namespace {

// Calls visit(section, most) for every section that has a label, outer ones first; most is how often it may come.
template <class V, class T, class... F>
void visit_sections(const Section<T, F...>& section, V& visit, std::size_t most = 1) {
  if (!section.label.empty()) visit(section, most);
  const auto descend = [&](const auto& field) {
    if constexpr (requires { field.section; })
      visit_sections(field.section, visit);
    else if constexpr (requires {
                         field.kind.most;
                         field.kind.section;
                       })
      visit_sections(field.kind.section, visit, field.kind.most);
    else if constexpr (requires { field.kind.section; })
      visit_sections(field.kind.section, visit);
  };
  std::apply([&](const auto&... f) { (descend(f), ...); }, section.fields);
}

// The default, as one would write it; what a struct begins with.
template <class T, class V, class K>
std::string default_of(const Field<T, V, K>& field) {
  if (field.need == required) return "required";
  if (!field.otherwise.empty()) return std::string(field.otherwise);
  if constexpr (requires(const T& t) { field.kind.show(t.*field.member); })
    return fmt::format("`{}`", field.kind.show(T{}.*field.member));
  return "";
}

// A table's cell: nothing in it may end the cell.
std::string cell(std::string_view text) {
  std::string out;
  for (char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

struct Page {
  std::string text;
  std::set<std::string_view> done = {};  // a table that may stand in several places is described once

  template <class T, class... F>
  void operator()(const Section<T, F...>& section, std::size_t most) {
    if (!done.insert(section.label).second) return;
    const auto limit =
        most > 1 ? fmt::format(" At most {}{}.", most, section.label == "[[service.target]]" ? " per service" : "")
                 : "";
    text += fmt::format("\n## `{}`\n\n{}{}\n\n| key | value | default | meaning |\n|---|---|---|---|\n", section.label,
                        section.doc, limit);
    std::apply([&](const auto&... f) { (line(f), ...); }, section.fields);
  }
  template <class S>
  void line(const Here<S>&) {}  // tables have a heading of their own
  template <class T, class V, class K>
  void line(const Field<T, V, K>& field) {
    if constexpr (requires { field.kind.wants(); })
      text += fmt::format("| `{}` | {} | {} | {} |\n", field.key, cell(field.kind.wants()), default_of(field),
                          cell(field.doc));
  }
};

struct Homes {
  std::string_view key, within = {}, home = {};  // within: sections whose label begins so, with a dot behind it
  int count = 0;

  template <class T, class... F>
  void operator()(const Section<T, F...>& section, std::size_t) {
    const std::string_view rest = section.label.substr(std::min(within.size(), section.label.size()));
    if (!within.empty() && (!section.label.starts_with(within) || !rest.starts_with('.'))) return;
    const auto look = [&](std::string_view k) {
      if (k != key) return;
      home = section.label;
      ++count;
    };
    std::apply([&](const auto&... f) { (look(f.key), ...); }, section.fields);
  }
};

constexpr std::string_view kHead = R"(# Configuration

<!-- Written by `config_reference` from config/schema.h; a test compares. Change it there. -->

A node is configured by one TOML file. `waymark check FILE` reads it and prints every problem as
`file:line:column: sentence`; nothing but the file is looked at. `waymark reload` takes a new file as a whole or not at
all.

A node does what its file gives it to do, and may have several roles. A file with nothing but `[plan.NAME]` tables
describes addresses, for `waymark address`; it needs no `[engine]`, and no node runs by it.

| role | is given by |
|---|---|
)";

constexpr std::string_view kWords = R"(
Names are 1 to 60 letters, digits, ".", "_" or "-". Durations are a whole number and a unit: "500ms", "2s", "30m", "1h".

A zone is one address space. Every interface belongs to one, and the same address may be served in two zones without
the two ever meeting.
)";

constexpr std::string_view kTail = R"(
## Rules between keys

- At least one role is given; or there are plans alone. `[[service]]` needs `[director]`.
- A service has at least one target, and an interface in its zone.
- One address, protocol and port is served by one service of a zone.
- A service's address is not a target's, nor this node's own tunnel address, and no prefix of its holds one; a target is
  not the director itself.
- Names are unique among services, among the targets of a service, and among the services of `[host]`.
- A `check` says one of `tcp`, `http`, `https` and `icmp`, and `port` where the service has no TCP port; on a host it
  is never `through`.
- `[group]` is for nodes with services or a gateway, `[announce]` for those with services, a translator or a gateway; a
  group lists the other members alone, each once. `stand_in` is for members of a group, and so is an empty `holds`.
- A translator has a prefix or a map, an interface in its zone, and at most one address per family. No two maps, and no
  two prefixes, have the same IPv4 or IPv6 side; one within another is fine. No side lies among addresses that no packet
  carries.
- A plan's prefix and fields fill 128 bits exactly, with each field but `zero` at most once. No address belongs to two
  plans. A tag needs a key, and an epoch a tag.
- `[dns]` needs `[path]`, and a zone at least. Each name lies in a zone, and no zone in another. A name server within its
  zone has an `address` there, which is the same for all.
- `mtu` names listed interfaces.
- What is legal but hardly meant is a warning, and the file is still good: all targets of weight 0, two targets of a
  service at one address, a port without GUE, a host without services, a director that cannot reach the host.
)";

}  // namespace

std::string_view home_of(std::string_view key, std::string_view label) {
  Homes homes{key}, within{key, label.substr(0, label.find(']'))};
  visit_sections(kRoot, homes);
  visit_sections(kRoot, within);
  if (!label.empty() && within.count == 1) return within.home;
  return homes.count == 1 ? homes.home : std::string_view();
}

}  // namespace config

std::string configuration_reference() {
  config::Page page{std::string(config::kHead)};
  for (u32 role = 0; role < kRoles; ++role)
    page.text += fmt::format("| {} | `{}` |\n", name_of(Role(role)), descriptor_of(Role(role)).work);
  page.text += config::kWords;
  config::visit_sections(config::kRoot, page);
  return page.text + std::string(config::kTail);
}

}  // namespace waymark
