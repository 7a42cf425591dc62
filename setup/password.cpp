// SPDX-License-Identifier: MIT
#include "setup/password.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace acledger::setup {
namespace {

// Without those that look alike, and those that shells and command lines read as their own.
constexpr std::string_view kAll = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789!#()*+,-.:;=?@[]_{}~";
constexpr std::array<std::string_view, 4> kKinds = {kAll.substr(0, 24), kAll.substr(24, 25), kAll.substr(49, 8),
                                                    kAll.substr(57)};
static_assert(kKinds[1].front() == 'a' && kKinds[2].front() == '2' && kKinds[3].front() == '!');

constexpr int kMostTries = 10'000;  // By chance no generator needs so many.

std::unexpected<Error> NotRandom() {
  return Fail(ErrorKind::kIo, "make a password", "the system's random numbers are not random");
}

// Each as likely as the others: bytes beyond the last whole round are dropped.
Expected<char> Draw(const FillRandom& random) {
  constexpr std::size_t kRounds = 256 / kAll.size() * kAll.size();
  for (int tries = 0; tries < kMostTries; ++tries) {
    std::array<std::uint8_t, 1> byte{};
    if (auto filled = random(byte); !filled) return std::unexpected(filled.error());
    if (byte[0] < kRounds) return kAll[byte[0] % kAll.size()];
  }
  return NotRandom();
}

bool HasEachKind(std::string_view text) {
  return std::ranges::all_of(kKinds, [text](std::string_view kind) { return text.find_first_of(kind) != text.npos; });
}

}  // namespace

Expected<Secret> MakePassword(std::size_t length, const FillRandom& random) {
  if (length < kKinds.size())
    return Fail(ErrorKind::kInvalid, "make a password", "too short for each kind of character");
  // Drawn anew as a whole until each kind is there: so all passwords that have each are equally likely.
  for (int tries = 0; tries < kMostTries; ++tries) {
    std::vector<char> text(length);
    for (char& one : text) {
      const auto drawn = Draw(random);
      if (!drawn) return std::unexpected(drawn.error());
      one = *drawn;
    }
    Secret made(std::string_view(text.data(), text.size()));
    std::ranges::fill(text, '\0');
    if (HasEachKind(made.Reveal())) return made;
  }
  return NotRandom();
}

Expected<Secret> SetSomePassword(const FillRandom& random, std::uint32_t policy_code,
                                 const std::function<Expected<void>(const Secret&)>& set) {
  Expected<void> done;
  for (const std::size_t length : {24u, 24u, 32u, 64u, 127u}) {
    auto made = MakePassword(length, random);
    if (!made) return made;
    done = set(*made);
    if (done) return made;
    if (done.error().kind != ErrorKind::kDenied || done.error().code != policy_code) break;
  }
  return std::unexpected(done.error());
}

}  // namespace acledger::setup
