// A text that each message has one of: its memory is that of one that was dropped before.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/pooled.h"

namespace hub {

/// What a thread keeps of dropped texts: at most so many, and none that is longer.
inline constexpr std::size_t kSpareTextsMax = 16'384;
inline constexpr std::size_t kSpareTextOctetsMax = 512;

/// Like a string, without an allocation once its thread has dropped as many as live at once. Moved, not copied.
class ReusedText {
 public:
  ReusedText() = default;
  ReusedText(ReusedText&& other) noexcept : text_(std::exchange(other.text_, {})) {}
  ReusedText& operator=(ReusedText&& other) noexcept {
    std::swap(text_, other.text_);
    return *this;
  }
  ~ReusedText() {
    if (!kPools || text_.capacity() <= std::string().capacity()) return;
    if (text_.capacity() > kSpareTextOctetsMax || Spares().size() == kSpareTextsMax) return;
    Spares().push_back(std::move(text_));
  }

  ReusedText& operator=(std::string_view text) {
    if (text_.capacity() < text.size() && !Spares().empty()) {
      text_ = std::move(Spares().back());
      Spares().pop_back();
    }
    text_.assign(text);
    return *this;
  }
  ReusedText& operator+=(std::string_view text) {
    text_.append(text);
    return *this;
  }
  operator std::string_view() const { return text_; }
  bool empty() const { return text_.empty(); }
  static std::size_t spare_count() { return Spares().size(); }

 private:
  static std::vector<std::string>& Spares() {
    thread_local std::vector<std::string> spares;
    return spares;
  }

  std::string text_;
};

}  // namespace hub
