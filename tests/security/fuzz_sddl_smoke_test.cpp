// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr const char* kSeeds[] = {
    "O:BAG:SYD:PARAI(A;OICIID;FA;;;BA)(D;NPIO;0x1301bf;;;S-1-5-21-7-8-9-1001)S:AI(AU;SAFA;FA;;;WD)",
    "D:NO_ACCESS_CONTROL",
    "S:(ML;;NWNRNX;;;HI)(SP;;;;;S-1-17-1-2)",
    "D:(OA;CI;CR;ab721a53-1e2f-11d0-9819-00aa0040529b;bf967aba-0de6-11d0-a285-00aa003049e2;PS)",
    "D:(XA;;FX;;;WD;(@User.Title == \"PM\" && Member_of {SID(BA), SID(BU)}))S:(RA;;;;;WD;(\"x\",TI,0x0,1,2))",
};

TEST(FuzzSddlSmokeTest, KeepsItsPromisesForMutatedTexts) {
  std::mt19937 random(7);
  for (int round = 0; round < 50'000; ++round) {
    std::string text = kSeeds[random() % std::size(kSeeds)];
    for (auto left = random() % 4; left > 0; --left) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random() % 128);
          break;
        case 1:
          text.insert(at, text.substr(random() % text.size(), random() % 12));
          break;
        default:
          text.erase(at, 1 + random() % 3);
          if (text.empty()) text = "D:";
      }
    }
    EXPECT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), 0);
  }
}

}  // namespace
