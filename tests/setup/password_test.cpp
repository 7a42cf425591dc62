// SPDX-License-Identifier: MIT
#include "setup/password.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

namespace acledger::setup {
namespace {

FillRandom Generator(std::uint32_t seed) {
  return [random = std::make_shared<std::mt19937>(seed)](std::span<std::uint8_t> to) -> Expected<void> {
    for (std::uint8_t& byte : to) byte = static_cast<std::uint8_t>((*random)());
    return {};
  };
}

TEST(PasswordTest, HasEachKindOfCharacterAndNoneTwiceAsOften) {
  const FillRandom random = Generator(1);
  std::map<char, int> counts;
  for (int i = 0; i < 2'000; ++i) {
    const auto made = MakePassword(24, random);
    ASSERT_TRUE(made);
    const std::string_view text = made->Reveal();
    ASSERT_EQ(text.size(), 24u);
    for (const auto& is_kind :
         {+[](char c) { return c >= 'A' && c <= 'Z'; }, +[](char c) { return c >= 'a' && c <= 'z'; },
          +[](char c) { return c >= '0' && c <= '9'; },
          +[](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }})
      EXPECT_TRUE(std::ranges::any_of(text, is_kind)) << text;
    for (const char one : text) ++counts[one];
  }
  const auto [least, most] = std::ranges::minmax_element(counts, {}, [](const auto& pair) { return pair.second; });
  EXPECT_LT(most->second, 2 * least->second);
}

TEST(PasswordTest, TellsOfAGeneratorThatFailsOrRepeatsItself) {
  const auto failing = MakePassword(
      24, [](std::span<std::uint8_t>) -> Expected<void> { return Fail(ErrorKind::kIo, "draw", "no entropy"); });
  ASSERT_FALSE(failing);
  EXPECT_EQ(failing.error().reason, "no entropy");
  for (const std::uint8_t value : std::initializer_list<std::uint8_t>{0, 255}) {
    const auto same = MakePassword(24, [value](std::span<std::uint8_t> to) -> Expected<void> {
      std::ranges::fill(to, value);
      return {};
    });
    EXPECT_FALSE(same);
  }
  EXPECT_FALSE(MakePassword(3, Generator(1)));
}

TEST(PasswordTest, TriesAgainOnlyWhatThePolicyRefuses) {
  int tries = 0;
  const auto denied = SetSomePassword(Generator(1), 7, [&](const Secret&) -> Expected<void> {
    ++tries;
    return Fail(ErrorKind::kDenied, "set", "not allowed", 5);
  });
  EXPECT_FALSE(denied);
  EXPECT_EQ(tries, 1);
  tries = 0;
  const auto refused = SetSomePassword(Generator(1), 7, [&](const Secret&) -> Expected<void> {
    ++tries;
    return Fail(ErrorKind::kDenied, "set", "too simple", 7);
  });
  EXPECT_FALSE(refused);
  EXPECT_GT(tries, 3);
  std::string last;
  const auto set = SetSomePassword(Generator(2), 7, [&](const Secret& password) -> Expected<void> {
    last = password.Reveal();
    return {};
  });
  ASSERT_TRUE(set);
  EXPECT_EQ(set->Reveal(), last);
}

TEST(SecretTest, IsOverwrittenWhenItIsMovedFromOrReplaced) {
  Secret first("first"), second("second");
  const char* place = second.Reveal().data();
  first = std::move(second);
  EXPECT_EQ(first.Reveal(), "second");
  EXPECT_EQ(first.Reveal().data(), place);  // No copy is left behind.
  EXPECT_EQ(second.Size(), 0u);             // NOLINT(bugprone-use-after-move)
  const Secret third(std::move(first));
  EXPECT_EQ(third.Reveal(), "second");
}

}  // namespace
}  // namespace acledger::setup
