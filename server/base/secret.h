// A secret in memory that leaves nothing behind: what it was kept in is wiped when it moves on, is replaced or ends.
#pragma once

#include <string.h>

#include <string>
#include <string_view>
#include <utility>

namespace hub {

/// A password on its way. std::string leaves short ones behind where it was moved from. Copies are as careful. One thread at a time.
class Secret {
 public:
  Secret() = default;
  Secret(std::string_view text)
      : text_(text) {}  // implicit, as std::string is: tests write {"secret"}
  Secret(const std::string& text) : text_(text) {}
  Secret(const char* text) : text_(text) {}
  ~Secret() { Wipe(); }
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.Wipe(); }
  Secret& operator=(const Secret& other) {
    if (this == &other) return *this;
    Wipe();
    text_ = other.text_;
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    Wipe();
    text_ = std::move(other.text_);
    other.Wipe();
    return *this;
  }

  /// Good until this object is touched.
  std::string_view view() const { return text_; }
  /// Empty afterwards, and so is the memory it was in.
  void Wipe() noexcept {
    text_.resize(
        text_.capacity());  // within what it has: a string that was moved from tells no length
    explicit_bzero(text_.data(), text_.size());
    text_.clear();
  }

  friend bool operator==(const Secret& a, std::string_view b) { return a.text_ == b; }

 private:
  std::string text_;
};

}  // namespace hub
