#include "server/net/tls_error.h"

#include <openssl/err.h>

#include "server/base/error.h"

namespace hub::net {

std::string TakeTlsError() {
  const unsigned long code = ERR_get_error();  // the oldest: what came later only follows from it
  ERR_clear_error();
  if (code == 0) return "unknown";
  if (ERR_SYSTEM_ERROR(code)) return SystemError("", ERR_GET_REASON(code)).why;
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

}  // namespace hub::net
