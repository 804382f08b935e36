// Sections of the schema: one Field a key, one Section a TOML table, and how a section is read out of the tree.
// The same declarations give the reference (reference.cpp).
#pragma once

#include <algorithm>
#include <optional>
#include <tuple>

#include "config/kinds.h"
#include "config/places.h"
#include "config/suggest.h"

namespace waymark::config {

enum class Need : u8 { optional, required };
using enum Need;

template <class T, class V, class K>
struct Field {
  std::string_view key;
  V T::*member;
  K kind;
  Need need;
  std::string_view doc;
  std::string_view otherwise = {};  // for the reference, where the default is not a plain value
};

// The guides here and below are what clang 14 cannot yet do without for aggregates.
template <class T, class V, class K, class... Rest>
Field(const char*, V T::*, K, Need, const char*, Rest...) -> Field<T, V, K>;

// A table whose keys are members of the very struct around it.
template <class S>
struct Here {
  std::string_view key;
  S section;
};
template <class S>
Here(const char*, S) -> Here<S>;

template <class T, class... F>
struct Section {
  std::string_view label;  // "[[service]]", as sentences call it
  std::string_view doc;
  std::tuple<F...> fields;
};
template <class T, class... F>
constexpr Section<T, F...> section(std::string_view label, std::string_view doc, F... fields) {
  return {label, doc, {fields...}};
}

// Kinds made of others: a value or an array of values; a table; an array of tables; zones by interface.
template <class K>
struct Several {
  K each;
  bool may_be_empty = false;
  std::string wants() const { return each.wants() + ", or an array of these"; }
};
template <class K, class... Rest>
Several(K, Rest...) -> Several<K>;
template <class S>
struct Inner {
  S section;
};
template <class S>
Inner(S) -> Inner<S>;
template <class S>
struct Repeated {
  S section;
  std::size_t most;
};
template <class S, class N>
Repeated(S, N) -> Repeated<S>;
// A table of tables, [plan.NAME]: each key is the member `name` of what it holds.
template <class S>
struct Keyed {
  S section;
  std::size_t most;
};
template <class S, class N>
Keyed(S, N) -> Keyed<S>;
struct Mtus {
  Number<u32> each;
  std::string wants() const { return "a table such as { eth0 = 1400 }"; }
};
struct TagKeys {
  std::string wants() const { return "a table of 32 hexadecimal digits by epoch such as { 0 = \"3f8a...\" }"; }
};
struct Zones {
  std::size_t most;
  std::string wants() const { return "a table such as { eth0 = \"public\", \"eth0:100\" = \"tenants\" }"; }
};

struct Reading {
  Problems& problems;
  Places& places;
};

// The key being read, as sentences name it: "weight" in [[service.target]].
struct Key {
  std::string_view key, label;
};
std::string text(const Key& key);

void read_value(Reading& in, const Key& key, const Zones&, const Node& node, std::vector<InterfaceConfig>& out);
void read_value(Reading& in, const Key& key, const Mtus&, const Node& node, std::vector<MtuConfig>& out);
void read_value(Reading& in, const Key& key, const TagKeys&, const Node& node, std::vector<TagKeyConfig>& out);

template <class T, class... F>
void read_section(Reading& in, const Node& table, const Section<T, F...>& section, T& out);

template <class K, class V>
void read_value(Reading& in, const Key& key, const K& kind, const Node& node, V& out) {
  in.places.put(out, node.at);
  if (auto value = kind.read(node)) {
    out = *value;
  } else {
    in.places.spoil(out);
    in.problems.error(node.at, fmt::format("{} {}", text(key), value.error().sentence));
  }
}

template <class K, class V>
void read_value(Reading& in, const Key& key, const Several<K>& kind, const Node& node, std::vector<V>& out) {
  in.places.put(out, node.at);
  const List* list = node.as<List>();
  const std::size_t count = list ? list->size() : 1;
  if (count == 0 && !kind.may_be_empty) {
    in.places.spoil(out);
    in.problems.error(node.at, fmt::format("{} must be given: it is empty", text(key)));
  }
  out.clear();         // what is given takes the place of the default
  out.reserve(count);  // elements must stay where they are: Places knows them by address
  for (std::size_t i = 0; i < count && !in.problems.full(); ++i) {
    const Node& item = list ? (*list)[i] : node;
    if (auto value = kind.each.read(item)) {
      in.places.put(out.emplace_back(*value), item.at);
    } else {
      in.places.spoil(out);
      const auto& wrong = value.error().sentence;
      // Not text at all: say that an array would do, too.
      const bool alien = !list && !item.template as<std::string>();
      in.problems.error(item.at,
                        fmt::format("{} {}", text(key), alien ? unwanted(kind.wants(), item).sentence : wrong));
    }
  }
}

template <class S, class V>
void read_value(Reading& in, const Key&, const Inner<S>& kind, const Node& node, V& out) {
  if (!node.as<Table>()) {
    in.places.spoil(out);
    return in.problems.error(node.at, fmt::format("{} must be a table, not {}", kind.section.label, describe(node)));
  }
  if constexpr (requires { out.emplace(); }) {
    in.places.put(out, node.at);
    read_section(in, node, kind.section, out.emplace());
  } else {
    read_section(in, node, kind.section, out);
  }
}

template <class S, class V>
void read_value(Reading& in, const Key& key, const Repeated<S>& kind, const Node& node, std::vector<V>& out) {
  in.places.put(out, node.at);
  const List* list = node.as<List>();
  if (!list) {
    in.places.spoil(out);
    return in.problems.error(node.at, fmt::format("\"{}\" must be an array of tables, each headed {}, not {}", key.key,
                                                  kind.section.label, describe(node)));
  }
  if (list->size() > kind.most) {
    in.places.spoil(out);
    return in.problems.error((*list)[kind.most].at, fmt::format("there are {} {}; at most {} are supported",
                                                                list->size(), kind.section.label, kind.most));
  }
  out.resize(list->size());  // elements must stay where they are
  for (std::size_t i = 0; i < list->size(); ++i) {
    if ((*list)[i].as<Table>()) {
      read_section(in, (*list)[i], kind.section, out[i]);
    } else {
      in.places.spoil(out);
      in.places.spoil(out[i]);
      in.problems.error((*list)[i].at,
                        fmt::format("each {} must be a table, not {}", kind.section.label, describe((*list)[i])));
    }
  }
}

template <class S, class V>
void read_value(Reading& in, const Key& key, const Keyed<S>& kind, const Node& node, std::vector<V>& out) {
  in.places.put(out, node.at);
  const auto wrong = [&](Mark at, const std::string& sentence) {
    in.places.spoil(out);
    in.problems.error(at, sentence);
  };
  const Table* table = node.as<Table>();
  if (!table)
    return wrong(node.at, fmt::format("\"{}\" must be tables, each headed {}, not {}", key.key, kind.section.label,
                                      describe(node)));
  if (table->size() > kind.most)
    return wrong((*table)[kind.most].at, fmt::format("there are {} {}; at most {} are supported", table->size(),
                                                     kind.section.label, kind.most));
  out.resize(table->size());  // elements must stay where they are
  for (std::size_t i = 0; i < table->size(); ++i) {
    const Member& member = (*table)[i];
    if (!member.value.template as<Table>()) {
      wrong(member.value.at,
            fmt::format("each {} must be a table, not {}", kind.section.label, describe(member.value)));
      in.places.spoil(out[i]);
      continue;
    }
    read_section(in, member.value, kind.section, out[i]);
    in.places.put(out[i], member.at);
    read_value(in, Key{"NAME", kind.section.label}, Name{}, Node{member.at, member.key}, out[i].name);
  }
}

template <class T, class V, class K>
void read_field(Reading& in, const Node& table, std::string_view label, const Field<T, V, K>& field, T& out) {
  V& value = out.*field.member;
  for (const Member& member : *table.as<Table>())
    if (member.key == field.key) return read_value(in, Key{field.key, label}, field.kind, member.value, value);
  if (field.need == optional) return;
  if constexpr (requires { field.kind.section; }) {  // its own keys say what is missing
    const Node empty{table.at, Table{}};
    read_value(in, Key{field.key, label}, field.kind, empty, value);
  } else {
    in.places.spoil(value);
    in.problems.error(table.at, fmt::format("{} is missing", text(Key{field.key, label})));
  }
}

template <class S, class T>
void read_field(Reading& in, const Node& table, std::string_view label, const Here<S>& field, T& out) {
  for (const Member& member : *table.as<Table>())
    if (member.key == field.key)
      return read_value(in, Key{field.key, label}, Inner<S>{field.section}, member.value, out);
}

template <class T, class... F>
void read_section(Reading& in, const Node& table, const Section<T, F...>& section, T& out) {
  in.places.put(out, table.at);
  const auto keys = std::apply([](const F&... f) { return std::vector<std::string_view>{f.key...}; }, section.fields);
  for (const Member& member : *table.as<Table>())
    if (std::find(keys.begin(), keys.end(), member.key) == keys.end() && !in.problems.full())
      in.problems.error(member.at, unknown_key(member.key, section.label, keys));
  std::apply([&](const F&... f) { (read_field(in, table, section.label, f, out), ...); }, section.fields);
}

}  // namespace waymark::config
