// The world is wrong: a socket, a disk, a database, a file. Travels to whoever can retry, refuse or degrade.
#pragma once

#include <string>

#include "protocol/wire/result.h"

namespace hub {

using smpp::Done;
using smpp::Err;
using smpp::Result;

/// What failed while doing what, and where. `Text()` is one line for an operator, with no secret in it.
struct Error {
  std::string doing;     // "connect to PostgreSQL", "read /etc/smpphub/hub.toml"
  std::string why;       // "connection refused", "expected an integer, got a string"
  std::string place;     // "hub.toml:37:10", "sql/0002_decks.sql:14"; "" when there is none
  int system_errno = 0;  // 0 when the system did not say
  std::string sqlstate;  // five characters when PostgreSQL said no, else ""
  std::string advice;    // the next step, when we know it

  std::string Text()
      const;  // "hub.toml:37:10: read settings: expected an integer, got a string (next step)"
};

/// An Error from errno, with its text.
Error SystemError(std::string doing, int system_errno);

template <class T>
using Outcome = Result<T, Error>;

}  // namespace hub
