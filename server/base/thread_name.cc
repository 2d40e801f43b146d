#include "server/base/thread_name.h"

#include <pthread.h>

#include <string>

namespace hub {

void NameThread(std::string_view name) {
  const std::string text(name.substr(0, kThreadNameCharsMax));
  pthread_setname_np(pthread_self(), text.c_str());  // fails for names that are too long only
}

}  // namespace hub
