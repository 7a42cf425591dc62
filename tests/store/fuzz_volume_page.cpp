// SPDX-License-Identifier: MIT
// Any bytes as a page of the volume's index: refused, or objects of that page whose own bytes are these.
#include <algorithm>
#include <cstdlib>

#include "store/volume_page.h"

#define HOLDS(condition) \
  if (!(condition)) std::abort()

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace acledger::store;
  if (size < 2) return 0;
  const std::uint32_t page = data[0];
  const std::size_t names_size = std::min<std::size_t>(data[1], size - 2);
  const acledger::security::Bytes names(data + 2, names_size), facts(data + 2 + names_size, size - 2 - names_size);
  const auto read = VolumePage::Decode(page, names, facts);
  if (!read) return 0;
  VolumePageWriter writer;
  writer.Begin(page);
  for (const VolumePage::Entry& entry : read->Entries()) {
    HOLDS(entry.object.Number() / kObjectsAPage == page);
    HOLDS(read->Find(entry.object.Number()) == &entry);
    writer.Add(entry.object, read->NamesOf(entry));
  }
  HOLDS(std::ranges::equal(writer.Names(), names));
  HOLDS(std::ranges::equal(writer.Facts(), facts));
  return 0;
}
