# SPDX-License-Identifier: MIT
# Third-party sources (pinned in tools/deps/deps.lock) as SYSTEM targets, native and mingw alike.
set(DEPS_DIR ${CMAKE_SOURCE_DIR}/.deps CACHE PATH "made by tools/deps/fetch-deps.sh")
set(_s ${DEPS_DIR}/src)
if(NOT EXISTS ${DEPS_DIR}/stamp)
  message(FATAL_ERROR "run tools/deps/fetch-deps.sh first (tools/run and tools/test do)")
endif()
find_package(Threads REQUIRED)

add_library(tp_platform INTERFACE)
if(WIN32)
  target_compile_definitions(tp_platform INTERFACE _WIN32_WINNT=0x0A00 WINVER=0x0A00 WIN32_LEAN_AND_MEAN NOMINMAX UNICODE _UNICODE)
endif()
target_link_libraries(tp_platform INTERFACE Threads::Threads)

file(WRITE ${CMAKE_BINARY_DIR}/tp/asio_impl.cpp "#include <asio/impl/src.hpp>\n")
add_library(tp_asio STATIC ${CMAKE_BINARY_DIR}/tp/asio_impl.cpp)
target_include_directories(tp_asio SYSTEM PUBLIC ${_s}/libasio-dev/usr/include)
target_compile_definitions(tp_asio PUBLIC ASIO_STANDALONE ASIO_NO_DEPRECATED ASIO_SEPARATE_COMPILATION)
target_link_libraries(tp_asio PUBLIC tp_platform)
if(WIN32)
  target_link_libraries(tp_asio PUBLIC ws2_32 mswsock bcrypt)
endif()

add_library(tp_fmt STATIC ${_s}/fmtlib/src/format.cc ${_s}/fmtlib/src/os.cc)
target_include_directories(tp_fmt SYSTEM PUBLIC ${_s}/fmtlib/include)
target_link_libraries(tp_fmt PUBLIC tp_platform)

file(GLOB _spd ${_s}/spdlog/src/*.cpp)
list(FILTER _spd EXCLUDE REGEX bundled)
add_library(tp_spdlog STATIC ${_spd})
target_include_directories(tp_spdlog SYSTEM PUBLIC ${_s}/spdlog/include)
target_compile_definitions(tp_spdlog PUBLIC SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL)
target_link_libraries(tp_spdlog PUBLIC tp_fmt)
if(WIN32)
  # Names of log files and lines for the event log are UTF-16 there: without these they pass through the code page.
  target_compile_definitions(tp_spdlog PUBLIC SPDLOG_WCHAR_FILENAMES SPDLOG_WCHAR_TO_UTF8_SUPPORT)
endif()

add_library(tp_json INTERFACE)
target_include_directories(tp_json SYSTEM INTERFACE ${_s}/nlohmann-json3/include)
add_library(tp_cli11 INTERFACE)
target_include_directories(tp_cli11 SYSTEM INTERFACE ${_s}/cli11/include)

# Header-only; errors are values. Included by store/config*.cpp alone, since it costs seconds to compile.
add_library(tp_tomlplusplus INTERFACE)
target_include_directories(tp_tomlplusplus SYSTEM INTERFACE ${_s}/libtomlplusplus-dev/usr/include)
target_compile_definitions(tp_tomlplusplus INTERFACE TOML_EXCEPTIONS=0 TOML_ENABLE_FORMATTERS=0)

add_library(tp_sqlite STATIC ${_s}/better-sqlite3/deps/sqlite3/sqlite3.c)
target_include_directories(tp_sqlite SYSTEM PUBLIC ${_s}/better-sqlite3/deps/sqlite3)
target_compile_definitions(tp_sqlite PRIVATE SQLITE_THREADSAFE=1 SQLITE_DQS=0 SQLITE_DEFAULT_WAL_SYNCHRONOUS=2 SQLITE_OMIT_DEPRECATED SQLITE_DEFAULT_MEMSTATUS=0 SQLITE_ENABLE_DBSTAT_VTAB PUBLIC SQLITE_OMIT_LOAD_EXTENSION)
target_link_libraries(tp_sqlite PUBLIC tp_platform)
set_target_properties(tp_asio tp_fmt tp_spdlog tp_sqlite PROPERTIES COMPILE_OPTIONS "-w" EXCLUDE_FROM_ALL ON)

function(tp_add_test_libs)
  set(INSTALL_GTEST OFF CACHE BOOL "" FORCE)
  set(BENCHMARK_ENABLE_TESTING OFF CACHE BOOL "" FORCE)
  set(BENCHMARK_ENABLE_GTEST_TESTS OFF CACHE BOOL "" FORCE)
  set(BENCHMARK_ENABLE_INSTALL OFF CACHE BOOL "" FORCE)
  set(BENCHMARK_ENABLE_WERROR OFF CACHE BOOL "" FORCE)
  set(CMAKE_DISABLE_FIND_PACKAGE_Git TRUE) # benchmark would read OUR git tags as its version
  set(CMAKE_EXPORT_COMPILE_COMMANDS OFF)
  add_subdirectory(${_s}/googletest ${CMAKE_BINARY_DIR}/tp/googletest EXCLUDE_FROM_ALL SYSTEM)
  add_subdirectory(${_s}/benchmark ${CMAKE_BINARY_DIR}/tp/benchmark EXCLUDE_FROM_ALL SYSTEM)
endfunction()
