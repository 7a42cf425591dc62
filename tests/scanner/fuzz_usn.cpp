// SPDX-License-Identifier: MIT
// What the system hands over as bytes: the change journal, and change notifications. Any bytes give records that lie
// within them, or an error.
#include <cstdlib>

#include "scanner/notify_records.h"
#include "scanner/usn_record.h"

#define HOLDS(condition) \
  if (!(condition)) std::abort()

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace acledger::scanner;
  if (const auto read = ReadUsnBuffer({data, size})) {
    std::size_t bytes = 8;
    for (const UsnRecord& record : read->records) bytes += 60 + 2 * record.name.size();
    HOLDS(bytes <= size);
  }
  if (const auto names = NamesInNotifyBuffer({data, size})) {
    HOLDS(!names->empty());
    for (const std::u16string& name : *names) HOLDS(12 + 2 * name.size() <= size);
  }
  return 0;
}
