// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr const char* kSeeds[] = {
    R"({"jsonrpc": "2.0", "method": "coverage", "params": {"path": "C:\\Users\\x", "deep": true}, "id": 1})",
    R"([{"jsonrpc":"2.0","method":"a","id":"x"},{"jsonrpc":"2.0","method":"b","params":[1,[2,{"c":3}]]},1,{},[]])",
    R"({"jsonrpc":"2.0","error":{"code":-32003,"message":"m","data":{"kind":"denied","path":"p","code":5}},"id":null})",
    R"({"jsonrpc":"2.0","result":{"objects":12,"x":-1.5e3,"t":"\u00e9\ud83d\ude00"},"id":7})",
};

TEST(FuzzRpcSmokeTest, KeepsItsPromisesForMutatedTexts) {
  std::mt19937 random(7);
  for (int round = 0; round < 5'000; ++round) {
    std::string text = kSeeds[random() % std::size(kSeeds)];
    for (auto left = random() % 4; left > 0; --left) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.insert(at, text.substr(random() % text.size(), random() % 12));
          break;
        default:
          text.erase(at, 1 + random() % 3);
          if (text.empty()) text = "[";
      }
    }
    EXPECT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), 0);
  }
}

}  // namespace
