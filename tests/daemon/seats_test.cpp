// SPDX-License-Identifier: MIT
#include "daemon/server/seats.h"

#include <gtest/gtest.h>

namespace acledger::daemon {
namespace {

Caller User(ClientId client, const char* user) {
  Caller caller;
  caller.client = client;
  caller.user = user;
  return caller;
}

Caller Administrator(ClientId client) {
  Caller caller = User(client, "root");
  caller.is_admin = true;
  return caller;
}

TEST(SeatsTest, GivesOneUserAQuarter) {
  Seats seats(64);
  for (ClientId client = 1; client <= 16; ++client) ASSERT_TRUE(seats.Take(User(client, "ann")));
  const Expected<void> refused = seats.Take(User(17, "ann"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kBusy);
  EXPECT_TRUE(seats.Take(User(18, "bob")));
  seats.Leave(17);  // Has none.
  EXPECT_FALSE(seats.Take(User(19, "ann")));
  seats.Leave(3);
  EXPECT_TRUE(seats.Take(User(20, "ann")));
}

TEST(SeatsTest, KeepsAnEighthForAdministrators) {
  Seats seats(64);
  ClientId client = 0;
  for (const char* user : {"ann", "bob", "cid", "dan"})
    while (seats.Take(User(++client, user))) {
    }
  EXPECT_EQ(client, 56u + 4u);
  EXPECT_FALSE(seats.Take(User(++client, "eve")));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(seats.Take(Administrator(++client)));
}

TEST(SeatsTest, LetsSomebodyInHoweverFewPlacesThereAre) {
  Seats seats(1);
  EXPECT_TRUE(seats.Take(User(1, "ann")));
  EXPECT_FALSE(seats.Take(User(2, "bob")));
}

}  // namespace
}  // namespace acledger::daemon
