// Whoever writes a line never waits; lines come whole and in order, and what is missing is said.
#include "rp/server/running/line_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <thread>
#include <vector>

namespace tegata::server {
namespace {

struct StalledPipe {
  StalledPipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  ~StalledPipe() {
    for (const int end : ends) ::close(end);
  }
  // Everything that is in it now.
  std::string read() const {
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    std::string all;
    std::array<char, 65536> block{};
    for (ssize_t got; (got = ::read(ends[0], block.data(), block.size())) > 0;)
      all.append(block.data(), static_cast<std::size_t>(got));
    return all;
  }
  std::array<int, 2> ends{};
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    lines.push_back(text.substr(begin, end - begin));
  REQUIRE(begin == text.size());
  return lines;
}

std::string gap(std::uint64_t count) { return "gap " + std::to_string(count) + "\n"; }

}  // namespace

TEST_CASE("defect: a reader of the log that stalled stopped every request") {
  const StalledPipe pipe;
  running::LineOutput output(pipe.ends[1], gap);
  const int all = 20'000;
  const std::string rest(200, 'x');
  for (int i = 0; i < all; ++i) output.write(std::to_string(i) + rest + "\n");
  const auto dropped = output.dropped();
  CHECK(dropped > 0);
  CHECK(dropped < static_cast<std::uint64_t>(all));

  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += pipe.read();
    output.write("later " + std::to_string(i) + "\n");
  }
  text += pipe.read();
  const auto lines = lines_of(text);
  const auto kept = static_cast<std::size_t>(all) - dropped;
  REQUIRE(lines.size() >= kept + 1 + 1);
  for (std::size_t i = 0; i < kept; ++i) REQUIRE(lines[i] == std::to_string(i) + rest);
  // The first lines of the reader's return may have found no room either.
  const auto total = output.dropped();
  CHECK(lines[kept] == "gap " + std::to_string(total));
  CHECK(lines.size() == kept + 1 + 100 - (total - dropped));
  CHECK(lines.back() == "later 99");
}

namespace {

// More than a pipe holds, and less than may wait.
constexpr std::size_t some_lines = 3000;
void write_some(running::LineOutput& output) {
  for (std::size_t i = 0; i < some_lines; ++i) output.write(std::to_string(i) + std::string(200, 'x') + "\n");
  REQUIRE(output.dropped() == 0);
}

}  // namespace

TEST_CASE("defect: lines that waited for their reader were lost at the end") {
  StalledPipe pipe;
  std::string text;
  std::thread reader;
  {
    running::LineOutput output(pipe.ends[1], gap, std::chrono::minutes(1));
    write_some(output);
    reader = std::thread([&] {
      std::array<char, 4096> block{};
      for (ssize_t got; (got = ::read(pipe.ends[0], block.data(), block.size())) > 0;)
        text.append(block.data(), static_cast<std::size_t>(got));
    });
  }
  ::close(std::exchange(pipe.ends[1], -1));
  reader.join();
  const auto lines = lines_of(text);
  REQUIRE(lines.size() == some_lines);
  CHECK(lines.back() == std::to_string(some_lines - 1) + std::string(200, 'x'));
}

TEST_CASE("what nobody reads at the end is dropped within a bound, and said to whoever reads again") {
  const StalledPipe pipe;
  std::string text;
  {
    const auto read_and_tell = [&](std::uint64_t count) {
      text += pipe.read();
      return gap(count);
    };
    running::LineOutput output(pipe.ends[1], read_and_tell, std::chrono::milliseconds(20));
    write_some(output);
  }
  text += pipe.read();
  const auto lines = lines_of(text);
  REQUIRE(lines.size() < some_lines);
  CHECK(lines.back() == "gap " + std::to_string(some_lines - (lines.size() - 1)));
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) REQUIRE(lines[i] == std::to_string(i) + std::string(200, 'x'));
}

TEST_CASE("defect: lines that waited for their reader waited for a next line, too") {
  const StalledPipe pipe;
  running::LineOutput output(pipe.ends[1], gap);
  write_some(output);
  output.drop();
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += pipe.read();
    output.flush();
  }
  const auto lines = lines_of(text);
  REQUIRE(lines.size() == some_lines + 1);
  CHECK(lines.back() == "gap 1");
}

TEST_CASE("a line that is longer than a pipe holds comes whole, before the next one") {
  const StalledPipe pipe;
  running::LineOutput output(pipe.ends[1], gap);
  const std::string wide(300'000, 'w');
  output.write(wide + "\n");
  std::string text;
  for (int i = 0; i < 20; ++i) {
    output.write(std::to_string(i) + "\n");
    text += pipe.read();
  }
  text += pipe.read();
  const auto lines = lines_of(text);
  REQUIRE(lines.size() == 21);
  CHECK(lines[0] == wide);
  for (std::size_t i = 0; i < 20; ++i) CHECK(lines[i + 1] == std::to_string(i));
}

TEST_CASE("defect: a terminal that took no more stopped whoever wrote a line") {
  const host::Descriptor screen(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE((screen && ::grantpt(screen.get()) == 0 && ::unlockpt(screen.get()) == 0));
  std::array<char, 64> name{};
  REQUIRE(::ptsname_r(screen.get(), name.data(), name.size()) == 0);
  const host::Descriptor terminal(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(terminal);
  running::LineOutput output(terminal.get(), gap);
  for (int i = 0; i < 20'000; ++i) output.write(std::string(200, 'x') + "\n");
  CHECK(output.dropped() > 0);
}

TEST_CASE("nobody at the other end, or no descriptor: nothing happens") {
  StalledPipe pipe;
  ::close(pipe.ends[0]);
  running::LineOutput output(pipe.ends[1], gap);
  output.write("a\n");
  running::LineOutput none(-1, gap);
  none.write("a\n");
  CHECK(output.dropped() + none.dropped() == 0);
  pipe.ends[0] = ::dup(pipe.ends[1]);
}

}  // namespace tegata::server
