// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tests/daemon/test_server.h"

namespace acledger::daemon {
namespace {

using fixtures::kLong;
using fixtures::TestServer;
using std::chrono::milliseconds;

ClientId IdOf(Client& client) { return client.Call("whoami", {}, kLong).value()["client"]; }

TEST(ServerNotifyTest, SendsNotificationsInOrder) {
  TestServer server;
  Client client = server.Connect();
  const ClientId id = IdOf(client);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(server.Served().Notify(id, "progress", {{"i", i}}));
  for (int i = 0; i < 100; ++i) {
    const Expected<Notification> notification = client.NextNotification(kLong);
    ASSERT_TRUE(notification.has_value());
    EXPECT_EQ(notification->method, "progress");
    EXPECT_EQ(notification->params["i"], i);
  }
}

TEST(ServerNotifyTest, KeepsNotificationsThatArriveDuringACall) {
  TestServer server;
  Client client = server.Connect();
  const ClientId id = IdOf(client);
  server.Served().Notify(id, "progress", {{"i", 1}});
  EXPECT_TRUE(client.Call("echo", {}, kLong).has_value());
  EXPECT_EQ(client.NextNotification(kLong).value().params["i"], 1);
}

TEST(ServerNotifyTest, GivesUpWaitingAtTheDeadlineAndGoesOn) {
  TestServer server;
  Client client = server.Connect();
  const Expected<Notification> none = client.NextNotification(milliseconds(1));
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().kind, ErrorKind::kBusy);
  EXPECT_TRUE(client.Call("echo", {}, kLong).has_value());
}

TEST(ServerNotifyTest, KnowsNoClientThatIsGone) {
  TestServer server;
  auto client = std::make_unique<Client>(server.Connect());
  const ClientId id = IdOf(*client);
  EXPECT_FALSE(server.Served().Notify(id + 1, "progress", {}));
  client.reset();
  server.WaitClients(0);
  EXPECT_FALSE(server.Served().Notify(id, "progress", {}));
}

// Every notification is either delivered, in order, or counted in a "missed" at its place.
TEST(ServerNotifyTest, TellsASubscriberThatDidNotReadHowManyItMissed) {
  TestServer server({.notifications = 16});
  Client client = server.Connect();
  const ClientId id = IdOf(client);
  constexpr int kSent = 5000;
  const std::string text(1000, 'x');
  for (int i = 0; i < kSent; ++i) ASSERT_TRUE(server.Served().Notify(id, "progress", {{"i", i}, {"text", text}}));
  int next = 0;
  while (next < kSent) {
    const Notification notification = client.NextNotification(kLong).value();
    if (notification.method == "missed") {
      next += notification.params["count"].get<int>();
    } else {
      ASSERT_EQ(notification.params["i"], next++);
    }
  }
  EXPECT_EQ(next, kSent);
  EXPECT_GT(server.Counters().missed, 0u);
  EXPECT_LE(server.Counters().peak_buffered, 256u << 10);
}

TEST(ServerNotifyTest, ServesCallsOfASubscriberWhileItIsNotified) {
  TestServer server;
  Client client = server.Connect();
  const ClientId id = IdOf(client);
  std::atomic<bool> stop = false;
  std::thread engine([&] {
    while (!stop) server.Served().Notify(id, "progress", {{"done", 1}});
  });
  for (int i = 0; i < 200; ++i) EXPECT_EQ(client.Call("later", {{"i", i}}, kLong).value()["i"], i);
  stop = true;
  engine.join();
}

TEST(ServerNotifyTest, EndsASubscriberThatTakesNothing) {
  TestServer server({.write_time = milliseconds(100)});
  Client client = server.Connect();
  const ClientId id = IdOf(client);
  const std::string text(10'000, 'x');
  while (server.Served().Notify(id, "progress", {{"text", text}})) std::this_thread::yield();
  server.Behind().WaitGone(1);
  EXPECT_EQ(server.Behind().WaitTrouble(), "take what was written: the time for it is over");
}

}  // namespace
}  // namespace acledger::daemon
