# BPF programs: compiled by clang, stripped of DWARF (BTF stays), and carried as bytes inside a library.
include_guard(GLOBAL)
set(WM_BPF_CLANG "" CACHE STRING "clang that builds the BPF programs; empty: clang-19 where it is installed, else clang")
find_program(WM_CLANG_NEWEST clang-19)
find_program(WM_CLANG_PLAIN NAMES clang clang-14)
if(WM_BPF_CLANG)
  find_program(WM_CLANG_CHOSEN ${WM_BPF_CLANG} REQUIRED)
  set(wm_clang ${WM_CLANG_CHOSEN})
elseif(WM_CLANG_NEWEST)
  set(wm_clang ${WM_CLANG_NEWEST})
else()
  set(wm_clang ${WM_CLANG_PLAIN})
endif()
if(NOT wm_clang)
  message(FATAL_ERROR "no clang to build the BPF program with: install clang, or name one by -DWM_BPF_CLANG=...")
endif()
# A second compiler, where there is one: the tests load what each of the two makes.
set(wm_clang_other "")
foreach(candidate ${WM_CLANG_PLAIN} ${WM_CLANG_NEWEST})
  if(NOT candidate STREQUAL wm_clang)
    set(wm_clang_other ${candidate})
  endif()
endforeach()
set(wm_clang ${wm_clang} CACHE INTERNAL "")  # for the other folders that ask
execute_process(COMMAND ${wm_clang} -dumpversion OUTPUT_VARIABLE wm_clang_version OUTPUT_STRIP_TRAILING_WHITESPACE)
set(wm_clang_version ${wm_clang_version} CACHE INTERNAL "")
set(wm_clang_other ${wm_clang_other} CACHE INTERNAL "")
set(wm_bpf_launcher "" CACHE INTERNAL "")
if(CCACHE)
  set(wm_bpf_launcher ${CMAKE_COMMAND} -E env CCACHE_NOHASHDIR=1 ${CCACHE} CACHE INTERNAL "")
endif()
# DWARF is dead weight in the executable, but harmless: without llvm-strip it stays.
find_program(WM_LLVM_STRIP NAMES llvm-strip-19 llvm-strip llvm-strip-14)
message(STATUS "BPF programs are built by ${wm_clang}; other compiler for tests: ${wm_clang_other}")

# wm_bpf(<library> SYMBOL <name> SOURCE <file> [CLANG <program>] [FLAGS ...]): <library> holds the object's bytes
# between wm_<name>_begin and wm_<name>_end.
function(wm_bpf library)
  cmake_parse_arguments(ARG "" "SYMBOL;SOURCE;CLANG" "FLAGS" ${ARGN})
  if(NOT ARG_CLANG)
    set(ARG_CLANG ${wm_clang})
  endif()
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${library}.bpf.o)
  set(name ${library}.bpf.o)
  set(strip "")
  if(WM_LLVM_STRIP)
    set(strip COMMAND ${WM_LLVM_STRIP} -g ${object})
  endif()
  get_filename_component(source ${ARG_SOURCE} ABSOLUTE)
  add_custom_command(
    OUTPUT ${object}
    # The prefix map keeps this machine's paths out of BTF's line information. By names within its folder: so ccache knows
    # in one build what another of the same tree has compiled.
    COMMAND ${wm_bpf_launcher} ${ARG_CLANG} -std=c++20 -O2 -g -fstandalone-debug -target bpf -mcpu=v3 -fno-exceptions -fno-rtti -Wall -Wextra -Werror
            -ffile-prefix-map=${PROJECT_SOURCE_DIR}=waymark ${ARG_FLAGS} -I${PROJECT_SOURCE_DIR}
            -MD -MF ${name}.d -MT ${name} -c ${source} -o ${name}
    ${strip}
    WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR} DEPENDS ${source} DEPFILE ${object}.d COMMENT "Compiling ${library} for BPF" VERBATIM)
  set(carrier ${CMAKE_CURRENT_BINARY_DIR}/${library}.cpp)
  file(CONFIGURE OUTPUT ${carrier} @ONLY CONTENT [[
asm(".section .rodata.wm_@ARG_SYMBOL@, \"a\"\n"
    ".balign 8\n"
    ".global wm_@ARG_SYMBOL@_begin\n"
    "wm_@ARG_SYMBOL@_begin:\n"
    ".incbin \"@object@\"\n"
    ".global wm_@ARG_SYMBOL@_end\n"
    "wm_@ARG_SYMBOL@_end:\n"
    ".byte 0\n"
    ".previous\n");
]])
  set_source_files_properties(${carrier} PROPERTIES OBJECT_DEPENDS ${object})
  add_library(${library} STATIC ${carrier})
endfunction()
