#include "server/telemetry/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "server/telemetry/log_limit.h"
#include "server/telemetry/log_ring.h"

namespace hub {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

constexpr WallTime kAt = FromMicros(1'795'176'000'123'456);  // 2026-11-20T12:00:00.123456Z

std::string Line(Event event, std::initializer_list<Field> fields, std::uint64_t suppressed = 0,
                 std::size_t octets = kLogLineOctetsMax) {
  std::vector<char> out(octets);
  return {out.data(), FormatLogLine(out, kAt, event, {fields.begin(), fields.size()}, suppressed)};
}

TEST(LogLine, IsLogfmtWithTimeLevelAndEvent) {
  EXPECT_EQ(Line(Event::bind_refused, {{"sess", "c-17"}, {"peer", "192.0.2.7:40112"}, {"n", -3}}),
            "ts=2026-11-20T12:00:00.123456Z lvl=warn ev=bind.refused sess=c-17 "
            "peer=192.0.2.7:40112 n=-3");
}

struct ValueCase {
  const char* name;
  Field field;
  const char* line_end;
};

class LogValue : public testing::TestWithParam<ValueCase> {};

TEST_P(LogValue, IsQuotedAndEscapedWhenItMust) {
  EXPECT_THAT(Line(Event::hub_started, {GetParam().field}),
              testing::EndsWith(std::string(" ") + GetParam().line_end));
}

const ValueCase kValueCases[] = {
    {"Plain", {"k", "a-b.c:1"}, "k=a-b.c:1"},
    {"Empty", {"k", ""}, "k=\"\""},
    {"Blank", {"k", "a b"}, "k=\"a b\""},
    {"Equals", {"k", "a=b"}, "k=\"a=b\""},
    {"Quote", {"k", "a\"b"}, "k=\"a\\\"b\""},
    {"Backslash", {"k", "a\\b"}, "k=\"a\\\\b\""},
    {"NewLineCannotStartALine", {"k", "a\nts=1"}, "k=\"a\\x0ats=1\""},
    {"HighOctet", {"k", "\xff"}, "k=\"\\xff\""},
    {"Largest", {"k", UINT64_MAX}, "k=18446744073709551615"},
    {"Smallest", {"k", INT64_MIN}, "k=-9223372036854775808"},
};
INSTANTIATE_TEST_SUITE_P(Table, LogValue, testing::ValuesIn(kValueCases),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(LogLine, IsCutAtItsLimitAndSaysSo) {
  const std::string line = Line(Event::hub_started, {{"k", std::string(500, 'x')}}, 0, 100);
  EXPECT_EQ(line.size(), 100u);
  EXPECT_THAT(line, testing::EndsWith("xxx..."));
}

TEST(LogLine, TellsWhatWasSuppressed) {
  EXPECT_THAT(Line(Event::hub_started, {{"k", "v"}}, 12), testing::EndsWith(" k=v suppressed=12"));
}

TEST(MaskNumber, KeepsFiveAndTwoDigitsOfALongNumber) {
  EXPECT_EQ(MaskNumber("49151234567"), "49151****67");
  EXPECT_EQ(MaskNumber("+491512345678"), "+4915******78");
  EXPECT_EQ(MaskNumber("12345678"), "******78");
  EXPECT_EQ(MaskNumber("12"), "**");
  EXPECT_EQ(MaskNumber(""), "");
  EXPECT_EQ(MaskNumber("MyBank"), "MyBank");
}

TEST(Events, HaveUniqueNamesAndTellWhatToDo) {
  std::set<std::string> names;
  const std::regex shape("[a-z_]+\\.[a-z_]+");
  for (const EventInfo& info : AllEvents()) {
    EXPECT_TRUE(names.emplace(info.name).second) << info.name << " stands twice";
    EXPECT_TRUE(std::regex_match(std::string(info.name), shape)) << info.name;
    EXPECT_FALSE(info.advice.empty()) << info.name;
  }
}

TEST(LogLimit, LetsTenThroughASecondAndTellsTheRestWithTheNext) {
  LogLimit limit;
  std::uint64_t suppressed = 0;
  const TimePoint start{std::chrono::seconds(100)};
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limit.Take(start, 10, &suppressed));
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(limit.Take(start, 10, &suppressed));
  EXPECT_EQ(limit.Leftover(start), 0u);  // the second is not over: a next line may still tell it
  EXPECT_TRUE(limit.Take(start + std::chrono::seconds(1), 10, &suppressed));
  EXPECT_EQ(suppressed, 7u);
  EXPECT_EQ(limit.Leftover(start + std::chrono::seconds(2)), 0u);
}

TEST(LogLimit, GivesTheRestToTheWriterWhenNoLineFollows) {
  LogLimit limit;
  std::uint64_t suppressed = 0;
  const TimePoint start{std::chrono::seconds(100)};
  EXPECT_TRUE(limit.Take(start, 1, &suppressed));
  EXPECT_FALSE(limit.Take(start, 1, &suppressed));
  EXPECT_EQ(limit.Leftover(start + std::chrono::seconds(1)), 1u);
  EXPECT_EQ(limit.Leftover(start + std::chrono::seconds(1)), 0u);
}

TEST(LogRing, RefusesWhenFullAndTakesAgainAfterAPop) {
  LogRing ring(2);
  const auto put = [&](char c) {
    return ring.TryPush([c](std::span<char> out) {
      out[0] = c;
      return std::size_t{1};
    });
  };
  EXPECT_EQ(ring.Front().data(), nullptr);
  EXPECT_TRUE(put('a'));
  EXPECT_TRUE(put('b'));
  EXPECT_FALSE(put('c'));
  EXPECT_EQ(ring.Front(), "a");
  ring.Pop();
  EXPECT_TRUE(put('d'));
  EXPECT_EQ(ring.Front(), "b");
  ring.Pop();
  EXPECT_EQ(ring.Front(), "d");
  ring.Pop();
  EXPECT_EQ(ring.Front().data(), nullptr);
}

/// A log into a file of its own, started and stopped with the fixture.
class LogWriter : public testing::Test {
 protected:
  LogWriter() {
    descriptor_ = mkstemp(path_.data());
    unlink(path_.c_str());
  }
  ~LogWriter() override {
    LogStop();
    LogSetLevel(LogLevel::kInfo);
    close(descriptor_);
  }
  void Start(LogOptions options) {
    options.descriptor = descriptor_;
    LogStart(options);
  }
  std::vector<std::string> StopAndRead() {
    LogStop();
    std::string text(static_cast<std::size_t>(lseek(descriptor_, 0, SEEK_END)), '\0');
    EXPECT_EQ(pread(descriptor_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }

  std::string path_ = "/tmp/hub_log_test_XXXXXX";
  int descriptor_ = -1;
};

TEST_F(LogWriter, WritesEveryLineOfManyThreadsWhole) {
  constexpr int kThreads = 4, kLines = 2'000;
  Start({.ring_lines_max = kThreads * kLines, .lines_per_second_max = kThreads * kLines});
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < kLines; ++i) Log(Event::session_closed, {{"t", t}, {"i", i}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto lines = StopAndRead();
  ASSERT_EQ(lines.size(), std::size_t{kThreads * kLines});
  int next[kThreads] = {};
  const std::regex shape("ts=[-0-9T:.]+Z lvl=info ev=session.closed t=([0-9]+) i=([0-9]+)");
  for (const std::string& line : lines) {
    std::smatch match;
    ASSERT_TRUE(std::regex_match(line, match, shape)) << line;
    EXPECT_EQ(std::stoi(match[2]), next[std::stoi(match[1])]++) << "a thread's lines keep order";
  }
}

TEST_F(LogWriter, TellsSuppressedLinesAtTheLatestWhenItStops) {
  Start({.lines_per_second_max = 3});
  for (int i = 0; i < 50; ++i) Log(Event::bind_timeout, {{"i", i}});
  const auto lines = StopAndRead();
  std::size_t told = 0;
  std::smatch match;
  for (const std::string& line : lines) {
    told += std::regex_search(line, match, std::regex("suppressed=([0-9]+)$"))
                ? std::stoul(match[1])
                : 0;
  }
  const auto written =
      static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [](const std::string& l) {
        return l.find(" i=") != std::string::npos;
      }));
  EXPECT_EQ(told + written, 50u);
  EXPECT_LE(written, 6u);  // two seconds' worth, should the clock turn in between
}

TEST_F(LogWriter, DropsAndCountsWhatAFullRingCannotTake) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const auto dropped_before = LogLinesDropped();
  LogStart({.ring_lines_max = 8, .lines_per_second_max = 1'000'000, .descriptor = pipe_ends[1]});
  const std::string filler(900, 'x');
  for (int i = 0; i < 5'000; ++i) Log(Event::session_closed, {{"filler", filler}});  // nobody reads
  EXPECT_GT(LogLinesDropped(), dropped_before);
  std::string text;
  std::thread reader([&] {
    char part[4096];
    for (ssize_t n; (n = read(pipe_ends[0], part, sizeof part)) > 0;) {
      text.append(part, static_cast<std::size_t>(n));
    }
  });
  LogStop();
  close(pipe_ends[1]);
  reader.join();
  close(pipe_ends[0]);
  EXPECT_THAT(text, ContainsRegex("ev=log.dropped lines=[0-9]+"));
}

TEST_F(LogWriter, WritesNothingBelowItsLevelUntilTheLevelChanges) {
  Start({.level = LogLevel::kInfo});
  Log(Event::session_opened, {{"n", 1}});
  LogSetLevel(LogLevel::kDebug);
  Log(Event::session_opened, {{"n", 2}});
  LogSetLevel(LogLevel::kError);
  Log(Event::session_closed, {{"n", 3}});
  const auto lines = StopAndRead();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], HasSubstr("lvl=debug ev=session.opened n=2"));
}

TEST(Log, BeforeItStartsLinesGoStraightToStderr) {
  testing::internal::CaptureStderr();
  Log(Event::hub_starting, {{"version", "1"}});
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::ContainsRegex("^ts=.* lvl=info ev=hub.starting version=1\n$"));
}

TEST(LogLevels, AreFoundByName) {
  EXPECT_EQ(FindLogLevel("warn"), LogLevel::kWarn);
  EXPECT_EQ(Name(LogLevel::kWarn), "warn");
  EXPECT_EQ(FindLogLevel("loud"), std::nullopt);
}

}  // namespace
}  // namespace hub
