// How hubctl speaks: stdout is data, stderr is messages.
#pragma once

#include <cstdio>
#include <string>

#include "server/admin/control.h"
#include "server/base/error.h"
#include "server/config/toml_reader.h"

namespace hub {

inline void Out(const std::string& text) { std::fputs(text.c_str(), stdout); }
inline void Complain(const std::string& text) { std::fputs(text.c_str(), stderr); }
inline admin::Code Fail(const Error& error) {
  Complain(error.Text() + "\n");
  return admin::Code::kFailed;
}
inline admin::Code Fail(const Errors& errors) {
  Complain(Text(errors));
  return admin::Code::kFailed;
}

}  // namespace hub
