#include "server/base/error.h"

#include <system_error>

namespace hub {

std::string Error::Text() const {
  std::string text;
  if (!place.empty()) text += place + ": ";
  text += doing;
  if (!why.empty()) text += ": " + why;
  if (!sqlstate.empty()) text += " [SQLSTATE " + sqlstate + "]";
  if (!advice.empty()) text += " (" + advice + ")";
  return text;
}

Error SystemError(std::string doing, int system_errno) {
  return {.doing = std::move(doing),
          .why = std::generic_category().message(system_errno),
          .place = {},
          .system_errno = system_errno,
          .sqlstate = {},
          .advice = {}};
}

}  // namespace hub
