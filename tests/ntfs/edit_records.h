// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace acledger::scanner {

// Changes, behind everybody's back, every `step`th record of an image made by mkntfs that holds an object of a user.
// Returns their numbers. Bytes that a fix-up stands for are not to be touched.
inline std::set<std::uint64_t> EditRecords(const std::string& image, std::uint32_t step,
                                           const std::function<void(std::span<char>)>& edit) {
  constexpr std::size_t record_bytes = 1024;
  std::fstream file(image, std::ios::binary | std::ios::in | std::ios::out);
  std::vector<char> record(record_bytes);
  std::set<std::uint64_t> edited;
  for (std::streamoff at = 0; file.seekg(at) && file.read(record.data(), record_bytes); at += record_bytes) {
    std::uint32_t number = 0;
    std::uint16_t flags = 0;
    std::memcpy(&number, &record[0x2C], sizeof(number));
    std::memcpy(&flags, &record[0x16], sizeof(flags));
    if (std::memcmp(record.data(), "FILE", 4) != 0 || (flags & 1) == 0 || number < 64 || number % step != 0) continue;
    edit(record);
    file.seekp(at);
    file.write(record.data(), record_bytes);
    edited.insert(number);
  }
  return edited;
}

}  // namespace acledger::scanner
