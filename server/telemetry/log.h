// One event, one line of logfmt on stderr. Events are rows of events.def. Logging never blocks a loop.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/base/clock.h"

namespace hub {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };

enum class Event : std::uint16_t {
#define EVENT(name, text, level, advice) name,
#include "server/telemetry/events.def"
#undef EVENT
};

/// One row of events.def.
struct EventInfo {
  std::string_view name;  // "bind.refused"
  LogLevel level;
  std::string_view advice;  // what an operator does about it
};

/// Every row, indexed by Event.
std::span<const EventInfo> AllEvents();

/// A key and its value; borrowed, read before Log returns. Keys are our literals: [a-z0-9_].
/// Never a password or message text; phone numbers only through MaskNumber.
struct Field {
  enum class Kind : std::uint8_t { kText, kSigned, kUnsigned };

  Field(std::string_view k, std::string_view v) : key(k), kind(Kind::kText), text(v) {}
  Field(std::string_view k, const char* v) : Field(k, std::string_view(v)) {}
  Field(std::string_view k, const std::string& v) : Field(k, std::string_view(v)) {}
  template <std::signed_integral T>
  Field(std::string_view k, T v)
      : key(k), kind(Kind::kSigned), number(static_cast<std::uint64_t>(std::int64_t{v})) {}
  template <std::unsigned_integral T>
  Field(std::string_view k, T v) : key(k), kind(Kind::kUnsigned), number(v) {}

  std::string_view key;
  Kind kind;
  std::string_view text;     // kText
  std::uint64_t number = 0;  // kSigned as two's complement, kUnsigned
};

inline constexpr std::size_t kLogLineOctetsMax = 1'000;  // a longer line is cut, and ends in "..."
inline constexpr std::size_t kLogLinesPerSecondDefault =
    10;  // of one event; the rest is counted: suppressed=N

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  std::size_t ring_lines_max = 4'096;  // when full: the line is dropped and counted
  std::size_t lines_per_second_max = kLogLinesPerSecondDefault;  // of one event
  int descriptor = 2;                                            // borrowed
};

/// Starts the writer thread. Before it, and after LogStop, Log writes its line itself.
/// Call from one thread, not while another thread logs.
void LogStart(const LogOptions& options);
/// Writes what waits and ends the writer thread. Threads that log must have ended or must not log meanwhile.
void LogStop();
/// Any thread, any time: a reload changes the level.
void LogSetLevel(LogLevel level);
bool LogEnabled(Event event);
/// Lines lost since the start because the ring was full.
std::uint64_t LogLinesDropped();

/// Any thread; waits for nothing. About 0.5 us: formats into a cell of the ring. Nothing is formatted below the level or
/// above the event's rate.
///   Log(Event::bind_refused, {{"sess", id}, {"peer", address}, {"why", "password"}});
void Log(Event event, std::initializer_list<Field> fields);

/// The line without its newline: `ts=2026-11-20T12:00:00.123456Z lvl=info ev=bind.refused sess=c-17 ...`. Returns its length,
/// at most `out.size()`; a longer line ends in "...".
std::size_t FormatLogLine(std::span<char> out, WallTime at, Event event,
                          std::span<const Field> fields, std::uint64_t suppressed);

/// "49151234567" -> "49151****67": the first five and the last two stay, of at least nine characters; of shorter ones only
/// the last two. Alphanumeric senders (any letter) stay as they are.
std::string MaskNumber(std::string_view number);

std::string_view Name(LogLevel level);  // "info"
std::optional<LogLevel> FindLogLevel(std::string_view name);

}  // namespace hub
