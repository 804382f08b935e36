// The functions of a BPF object, out of its bytes: instructions, and who calls whom. It needs no kernel and no rights.
#pragma once

#include <elf.h>
#include <linux/bpf.h>

#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/types.h"

namespace waymark {

using Instructions = std::vector<bpf_insn>;

struct Function {
  std::string name;
  Instructions code;
  std::vector<std::size_t> calls = {};  // their places among all
  u32 section = 0;
  u64 start = 0;  // in its section
};

template <class T>
T read_elf(std::span<const u8> elf, u64 at) {
  T value{};
  if (at + sizeof value <= elf.size()) std::memcpy(&value, elf.data() + at, sizeof value);
  return value;
}

inline std::vector<Function> functions_of(std::span<const u8> elf) {
  const auto header = read_elf<Elf64_Ehdr>(elf, 0);
  const auto section = [&](u32 i) { return read_elf<Elf64_Shdr>(elf, header.e_shoff + u64(i) * sizeof(Elf64_Shdr)); };
  std::vector<Function> functions;
  const auto in = [&](u32 s, u64 at) {
    std::size_t i = 0;
    while (i < functions.size() && !(functions[i].section == s && at >= functions[i].start &&
                                     at < functions[i].start + functions[i].code.size() * sizeof(bpf_insn)))
      ++i;
    return i;
  };
  for (u32 s = 0; s < header.e_shnum; ++s) {
    const Elf64_Shdr symbols = section(s);
    if (symbols.sh_type != SHT_SYMTAB) continue;
    const Elf64_Shdr names = section(symbols.sh_link);
    for (u64 at = 0; at < symbols.sh_size; at += sizeof(Elf64_Sym)) {
      const auto symbol = read_elf<Elf64_Sym>(elf, symbols.sh_offset + at);
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || !symbol.st_size) continue;
      Function function{reinterpret_cast<const char*>(elf.data()) + names.sh_offset + symbol.st_name, {}};
      function.section = symbol.st_shndx;
      function.start = symbol.st_value;
      const u64 start = section(symbol.st_shndx).sh_offset + symbol.st_value;
      for (u64 offset = 0; offset < symbol.st_size; offset += sizeof(bpf_insn))
        function.code.push_back(read_elf<bpf_insn>(elf, start + offset));
      functions.push_back(std::move(function));
    }
  }
  // A call's function stands in its relocation; where that names a section alone, the instruction has the place there.
  for (u32 s = 0; s < header.e_shnum; ++s) {
    const Elf64_Shdr relocations = section(s);
    if (relocations.sh_type != SHT_REL) continue;
    const u64 symbols = section(relocations.sh_link).sh_offset;
    for (u64 at = 0; at < relocations.sh_size; at += sizeof(Elf64_Rel)) {
      const auto r = read_elf<Elf64_Rel>(elf, relocations.sh_offset + at);
      const std::size_t from = in(relocations.sh_info, r.r_offset);
      if (from == functions.size()) continue;
      const bpf_insn i = functions[from].code[(r.r_offset - functions[from].start) / sizeof(bpf_insn)];
      if (i.code != (BPF_JMP | BPF_CALL)) continue;
      const auto symbol = read_elf<Elf64_Sym>(elf, symbols + ELF64_R_SYM(r.r_info) * sizeof(Elf64_Sym));
      const bool named = ELF64_ST_TYPE(symbol.st_info) == STT_FUNC;
      const std::size_t to = in(symbol.st_shndx, named ? symbol.st_value : u64(i.imm + 1) * sizeof(bpf_insn));
      if (to < functions.size()) functions[from].calls.push_back(to);
    }
  }
  return functions;
}

}  // namespace waymark
