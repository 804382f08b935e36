# Compiler settings, and one function that makes a folder a library with its tests.
find_package(PkgConfig REQUIRED)
find_program(CCACHE ccache)
if(CCACHE)  # it keeps what was compiled with a precompiled header only if told that macros in front of it do not matter
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(wm_flags INTERFACE)
target_include_directories(wm_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(wm_flags INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Werror)
if(WM_SANITIZE)
  # Not vptr: it opens a pipe to see whether memory can be read, and in a test that is out of files takes that for a bad object.
  target_compile_options(wm_flags INTERFACE -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(wm_flags INTERFACE -fsanitize=address,undefined)
endif()
if(WM_FUZZ)  # clang: coverage everywhere, libFuzzer's main in the targets; its warnings differ from g++'s, which stays the judge
  target_compile_options(wm_flags INTERFACE -Wno-error -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  target_link_options(wm_flags INTERFACE -fsanitize=address,undefined)
endif()

# A third-party package found by pkg-config, as an imported target PkgConfig::wm_<name>.
function(wm_package name module)
  pkg_check_modules(wm_${name} REQUIRED IMPORTED_TARGET GLOBAL ${module})
endfunction()

# What nearly every file includes, compiled once for all libraries but the measured ones, and once for all tests.
function(wm_precompiled target)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${target}.cpp CONTENT "")
  add_library(${target} STATIC EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/${target}.cpp)
  target_link_libraries(${target} PRIVATE wm_flags)
  target_precompile_headers(${target} PRIVATE <algorithm> <chrono> <functional> <map> <memory> <optional> <set> <span> <string>
    <string_view> <unordered_map> <vector> <fmt/format.h> ${ARGN})
endfunction()
wm_precompiled(wm_precompiled_headers)
wm_precompiled(wm_precompiled_shared)
set_target_properties(wm_precompiled_shared PROPERTIES POSITION_INDEPENDENT_CODE ON)
if(WM_TESTS)
  find_package(GTest REQUIRED)
  wm_precompiled(wm_precompiled_tests <gtest/gtest.h>)
  target_link_libraries(wm_precompiled_tests PRIVATE GTest::gtest)
endif()

# wm_library(<name> [MEASURED] [SHARED] [FOLDERS names...] [LINK targets...]): every *.cpp here, and in these folders, becomes
# wm_<name>, but for *_main.cpp (programs) and *.bpf.cpp (the kernel's); every *_test.cpp becomes test_<name>. A release is built with -O1, which takes half the
# time of -O2; MEASURED: what numbers are told of, by -O2. SHARED: a shared library has it, too, so it is position-independent.
function(wm_library name)
  cmake_parse_arguments(ARG "MEASURED;SHARED" "" "FOLDERS;LINK" ${ARGN})
  set(globs *.cpp)
  foreach(folder ${ARG_FOLDERS})
    list(APPEND globs ${folder}/*.cpp)
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${globs})
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|_main|\\.bpf)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  if(sources)
    add_library(wm_${name} STATIC ${sources})
    target_link_libraries(wm_${name} PUBLIC wm_flags ${ARG_LINK})
    set(headers wm_precompiled_headers)
    if(ARG_SHARED)  # its functions still call each other directly, and inline
      set_target_properties(wm_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
      target_compile_options(wm_${name} PRIVATE -fno-semantic-interposition)
      set(headers wm_precompiled_shared)
    endif()
    if(ARG_MEASURED AND NOT WM_SANITIZE AND NOT WM_FUZZ)
      target_compile_options(wm_${name} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O2>)
    else()
      target_precompile_headers(wm_${name} REUSE_FROM ${headers})
    endif()
  else()
    add_library(wm_${name} INTERFACE)
    target_link_libraries(wm_${name} INTERFACE wm_flags ${ARG_LINK})
  endif()
  if(WM_TESTS AND tests)
    wm_test(test_${name} ${tests} LINK wm_${name})
  endif()
endfunction()

# wm_test(<target> sources... [LINK targets...]): a GoogleTest program, listed for ./test in build/tests.list.
function(wm_test target)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${target} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${target} PRIVATE wm_flags ${ARG_LINK} GTest::gtest GTest::gtest_main)
  target_precompile_headers(${target} REUSE_FROM wm_precompiled_tests)
  target_compile_definitions(${target} PRIVATE WM_SOURCE_DIR="${PROJECT_SOURCE_DIR}" WM_BUILD_DIR="${PROJECT_BINARY_DIR}")
  set_property(GLOBAL APPEND PROPERTY WM_TEST_TARGETS ${target})
endfunction()

# wm_fuzz(<name> sources... [LINK targets...]): LLVMFuzzerTestOneInput as fuzz_<name> in the preset `fuzz`; its first inputs
# are the files of fuzz/corpus/<name>/.
function(wm_fuzz name)
  if(NOT WM_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(fuzz_${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(fuzz_${name} PRIVATE wm_flags ${ARG_LINK})
  target_precompile_headers(fuzz_${name} REUSE_FROM wm_precompiled_headers)
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  set_property(GLOBAL APPEND PROPERTY WM_FUZZ_TARGETS fuzz_${name})
endfunction()

# Called last: the programs that ./test and ./dev run, one in a line of build/<file>.list, and a target that builds them all.
function(wm_list file property target)
  get_property(programs GLOBAL PROPERTY ${property})
  list(JOIN programs "\n" lines)
  file(WRITE ${PROJECT_BINARY_DIR}/${file}.list "${lines}\n")
  add_custom_target(${target} DEPENDS ${programs})
endfunction()
