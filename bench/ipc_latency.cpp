// SPDX-License-Identifier: MIT
// How soon the daemon answers `coverage`, beside an echo over the same kind of socket or pipe, by the same client code
// in the same run: several clients ask both in turn. Prints one line of JSON. bench/ipc_bench.py sets the stage, and
// has no other way to a named pipe: so this also asks one question.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <mutex>
#include <thread>

#include "bench/echo_server.h"
#include "daemon/client/client.h"
#include "daemon/client/connection.h"
#include "daemon/rpc/line_buffer.h"
#include "daemon/rpc/message.h"

namespace acledger::bench {
namespace {

using Clock = std::chrono::steady_clock;
using daemon::Connection;
using daemon::Json;

struct Words {
  std::string echo_server, daemon, echo, path, method;
  std::string params = "{}";
  double seconds = 10;
  unsigned clients = 4;
};

struct Samples {
  std::vector<double> milliseconds;
  std::uint64_t refused = 0;  // Error answers.
};

Clock::time_point InAMinute() { return Clock::now() + std::chrono::minutes(1); }

// One side that is asked again and again.
class Peer {
 public:
  explicit Peer(const std::string& endpoint) {
    auto opened = daemon::OpenConnection(endpoint, InAMinute());
    if (!opened) throw std::runtime_error(endpoint + ": " + opened.error().ToString());
    connection_ = std::move(*opened);
  }

  void Ask(const std::string& line, Samples& samples) {
    const Clock::time_point start = Clock::now();
    Must(connection_->Write(line, InAMinute()));
    for (;;) {
      if (const auto answer = lines_.Next()) {
        const std::chrono::duration<double, std::milli> took = Clock::now() - start;
        samples.milliseconds.push_back(took.count());
        samples.refused += answer->find("\"error\"") != std::string_view::npos;
        return;
      }
      const Expected<std::size_t> size = connection_->Read(chunk_, InAMinute());
      if (!size || *size == 0) throw std::runtime_error("the connection ended");
      lines_.Append({chunk_, *size});
    }
  }

 private:
  static void Must(const Expected<void>& done) {
    if (!done) throw std::runtime_error(done.error().ToString());
  }

  std::unique_ptr<Connection> connection_;
  daemon::LineBuffer lines_{1 << 20};
  char chunk_[16 << 10];
};

// Waits for a server that is not there yet. False: the answer is an error.
bool AskOnce(const Words& words) {
  constexpr std::chrono::minutes kPatience{2};
  const Clock::time_point end = Clock::now() + kPatience;
  auto client = daemon::Client::Connect(words.daemon, kPatience);
  while (!client && Clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    client = daemon::Client::Connect(words.daemon, kPatience);
  }
  if (!client) throw std::runtime_error(words.daemon + ": " + client.error().ToString());
  const Expected<Json> params = daemon::ParseJson(words.params);
  if (!params) throw std::runtime_error(params.error().ToString());
  const Expected<Json> answer = client->Call(words.method, *params, kPatience);
  std::printf("%s\n", answer ? daemon::Text(*answer).c_str() : answer.error().ToString().c_str());
  return answer.has_value();
}

Json Told(Samples& samples) {
  std::vector<double>& all = samples.milliseconds;
  if (all.empty()) return Json::object();
  std::ranges::sort(all);
  const auto at = [&all](double share) {
    return all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))];
  };
  return {{"count", all.size()},
          {"refused", samples.refused},
          {"median_ms", at(0.5)},
          {"p99_ms", at(0.99)},
          {"max_ms", all.back()}};
}

void Measure(const Words& words) {
  const std::string coverage = daemon::RequestLine(1, "coverage", {{"path", words.path}}) + "\n";
  const std::string version = daemon::RequestLine(1, "version", Json::object()) + "\n";
  Samples total[3];
  std::mutex mutex;
  std::vector<std::thread> threads;
  const Clock::time_point end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(words.seconds));
  for (unsigned i = 0; i < words.clients; ++i)
    threads.emplace_back([&] {
      Peer daemon(words.daemon), echo(words.echo);
      Samples own[3];
      while (Clock::now() < end) {
        daemon.Ask(coverage, own[0]);
        echo.Ask(coverage, own[1]);
        daemon.Ask(version, own[2]);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
      const std::lock_guard lock(mutex);
      for (int kind = 0; kind < 3; ++kind) {
        total[kind].milliseconds.insert(total[kind].milliseconds.end(), own[kind].milliseconds.begin(),
                                        own[kind].milliseconds.end());
        total[kind].refused += own[kind].refused;
      }
    });
  for (std::thread& thread : threads) thread.join();
  const Json json = {{"coverage", Told(total[0])}, {"echo", Told(total[1])}, {"version", Told(total[2])}};
  std::printf("%s\n", daemon::Text(json).c_str());
}

}  // namespace
}  // namespace acledger::bench

int main(int argc, char** argv) {
  using namespace acledger::bench;
  Words words;
  CLI::App app("Latency of the daemon beside an echo");
  app.add_option("--echo-server", words.echo_server, "Be the echo at this endpoint");
  app.add_option("--daemon", words.daemon, "Endpoint of the daemon");
  app.add_option("--echo", words.echo, "Endpoint of the echo");
  app.add_option("--path", words.path, "Asked for");
  app.add_option("--ask", words.method, "Ask the daemon this once, as soon as it answers, and print the result");
  app.add_option("--params", words.params, "Of --ask")->capture_default_str();
  app.add_option("--seconds", words.seconds)->capture_default_str();
  app.add_option("--clients", words.clients)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    if (!words.echo_server.empty()) return ServeEcho(words.echo_server) ? 0 : 1;
    if (!words.method.empty()) return AskOnce(words) ? 0 : 1;
    Measure(words);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ipc_latency: %s\n", error.what());
    return 1;
  }
}
