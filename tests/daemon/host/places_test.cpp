// SPDX-License-Identifier: MIT
#include "daemon/host/places.h"

#include <gmock/gmock.h>

#include <array>
#include <filesystem>
#include <vector>

#include "daemon/target/absolute_path.h"

namespace acledger::daemon {
namespace {

using testing::ElementsAre;

const std::array<std::string, 2> kPlaces{"protected", "open"};

struct Listening {
  explicit Listening(std::vector<Expected<void>> given) : answers(std::move(given)) {}

  Expected<std::string> Run() {
    return ListenWhereAllowed(
        kPlaces,
        [this](const std::string& place) {
          tried.push_back(place);
          return answers.at(tried.size() - 1);
        },
        [this](const Error& error, const std::string& next) { told.push_back(error.reason + " -> " + next); });
  }

  std::vector<Expected<void>> answers;
  std::vector<std::string> tried, told;
};

TEST(ListenWhereAllowed, TakesTheFirstPlace) {
  Listening listening({Expected<void>{}});
  EXPECT_EQ(*listening.Run(), "protected");
  EXPECT_THAT(listening.told, testing::IsEmpty());
}

TEST(ListenWhereAllowed, SaysThatItTakesAnotherOneWhereItIsDenied) {
  Listening listening({Fail(ErrorKind::kDenied, "make a pipe", "no right"), Expected<void>{}});
  EXPECT_EQ(*listening.Run(), "open");
  EXPECT_THAT(listening.told, ElementsAre("no right -> open"));
}

// Somebody serves there: a second place would only hide that.
TEST(ListenWhereAllowed, TakesNoOtherOneWhereTheFirstIsInUse) {
  Listening listening({Fail(ErrorKind::kBusy, "make a pipe", "taken"), Expected<void>{}});
  EXPECT_EQ(listening.Run().error().kind, ErrorKind::kBusy);
  EXPECT_THAT(listening.tried, ElementsAre("protected"));
}

TEST(ListenWhereAllowed, FailsWhereItIsDeniedEverything) {
  Listening listening({Fail(ErrorKind::kDenied, "make a pipe", "no"), Fail(ErrorKind::kDenied, "make a pipe", "no")});
  EXPECT_EQ(listening.Run().error().kind, ErrorKind::kDenied);
}

TEST(LedgerPlace, IsTheSameFileForWhoWorksInAnotherFolder) {
  const std::string here = std::filesystem::current_path().string();
  const std::string separator(1, static_cast<char>(std::filesystem::path::preferred_separator));
  EXPECT_EQ(*LedgerPlace({.image = "disk.img"}), here + separator + "disk.img.acledger");
  EXPECT_EQ(*LedgerPlace({.ledger = "my.db"}), here + separator + "my.db");
  const std::string absolute = here + separator + "x.db";
  EXPECT_EQ(*LedgerPlace({.ledger = absolute}), absolute);
}

TEST(IsSameFile, BelievesNoNameThatMeansAnotherFileInEachFolder) {
  EXPECT_FALSE(IsSameFile("disk.img.acledger", "disk.img.acledger"));
  const std::string file = *AbsolutePath("nobody.made.this");
  EXPECT_TRUE(IsSameFile(file, file));
  EXPECT_FALSE(IsSameFile(file, file + "2"));
  EXPECT_FALSE(IsSameFile(file, "nobody.made.this"));
  const std::string folder = std::filesystem::current_path().string();
  EXPECT_TRUE(IsSameFile(folder, folder + "/."));
}

TEST(LogPlace, IsBesideTheLedgerOfAService) {
  EXPECT_EQ(LogPlace({.service = true}, "C:\\ProgramData\\acledger\\ledger.db"),
            "C:\\ProgramData\\acledger\\logs/acledgerd.log");
  EXPECT_EQ(LogPlace({.service = true}, "ledger.db"), "logs/acledgerd.log");
  EXPECT_EQ(LogPlace({.log = "x.log", .service = true}, "ledger.db"), "x.log");
  EXPECT_EQ(LogPlace({}, "C:\\ledger.db"), "");
}

}  // namespace
}  // namespace acledger::daemon
