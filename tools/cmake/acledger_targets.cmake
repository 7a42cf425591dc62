# SPDX-License-Identifier: MIT
# How every target of ours is built: warnings, definitions, sanitizers, the include root.

add_library(acledger_options INTERFACE)
target_compile_options(acledger_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wconversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast)
target_include_directories(acledger_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(acledger_options INTERFACE _GLIBCXX_ASSERTIONS)
target_link_libraries(acledger_options INTERFACE tp_platform)
if(WIN32)
  # Sanitizers have no runtime here: UBSan traps, the stack protector works.
  target_compile_options(acledger_options INTERFACE -fstack-protector-strong)
  target_link_options(acledger_options INTERFACE -fstack-protector-strong)
elseif(ACLEDGER_FUZZ)
  target_compile_options(acledger_options INTERFACE
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
    -Wno-deprecated-declarations)  # std::stable_sort of GCC 12's library uses what it calls deprecated itself.
  target_link_options(acledger_options INTERFACE -fsanitize=address,undefined)
elseif(ACLEDGER_SANITIZE)
  target_compile_options(acledger_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(acledger_options INTERFACE -fsanitize=address,undefined)
endif()

# acledger_library(NAME SOURCES... LINKS targets...): one room or one part of it.
function(acledger_library name)
  cmake_parse_arguments(A "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(${name} STATIC ${A_SOURCES})
  target_link_libraries(${name} PUBLIC acledger_options ${A_LINKS} PRIVATE ${A_PRIVATE_LINKS})
endfunction()

# Names of ctest entries: in a Windows build they begin with `windows.`, since tools/test runs both builds' at once.
set(ACLEDGER_ENTRY_PREFIX "")
if(WIN32)
  set(ACLEDGER_ENTRY_PREFIX windows.)
endif()

# acledger_test(NAME LABEL tier SOURCES... LINKS targets...): one GoogleTest binary, one ctest entry.
function(acledger_test name)
  cmake_parse_arguments(A "" "LABEL;TIMEOUT" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE acledger_options GTest::gmock_main ${A_LINKS})
  set(entry ${ACLEDGER_ENTRY_PREFIX}${name})
  add_test(NAME ${entry} COMMAND ${name})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 300)
  endif()
  set_tests_properties(${entry} PROPERTIES LABELS ${A_LABEL} TIMEOUT ${A_TIMEOUT}
    SKIP_REGULAR_EXPRESSION "ENTIRE SUITE SKIPPED" SKIP_RETURN_CODE 77)  # 77: tools/wine/run has no Wine
endfunction()

# acledger_script_test(NAME LABEL tier COMMAND words...): one ctest entry for a script; its exit code 77 is a skip.
function(acledger_script_test name)
  cmake_parse_arguments(A "" "LABEL;TIMEOUT" "COMMAND" ${ARGN})
  set(entry ${ACLEDGER_ENTRY_PREFIX}${name})
  add_test(NAME ${entry} COMMAND ${A_COMMAND})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 300)
  endif()
  set_tests_properties(${entry} PROPERTIES LABELS ${A_LABEL} TIMEOUT ${A_TIMEOUT} SKIP_RETURN_CODE 77)
endfunction()

# acledger_fuzz(NAME SOURCES... LINKS targets...): one libFuzzer binary with ASan and UBSan, where ACLEDGER_FUZZ is on (clang).
# The libraries it links are instrumented too: ACLEDGER_FUZZ sets the flags for all of our targets.
function(acledger_fuzz name)
  if(NOT ACLEDGER_FUZZ)
    return()
  endif()
  cmake_parse_arguments(A "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE acledger_options ${A_LINKS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()
