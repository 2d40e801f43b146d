// A value, or the reason why there is none. We throw no exceptions: see the house style, "Errors".
#pragma once

#include <utility>
#include <variant>

namespace smpp {

/// Marks the error side, so that `return Err{ESME_RINVSRCADR};` reads well and T may equal E.
template <class E>
struct Err {
  E error;
};
template <class E>
Err(E) -> Err<E>;

/// Holds a T, or an E that says what to answer or what went wrong.
/// `value()` on an error, or `error()` on a value, is our bug: it ends the process (std::get
/// aborts, for we let nothing unwind).
template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose
  template <class F>
  Result(Err<F> err) : state_(std::in_place_index<1>, std::move(err.error)) {}  // NOLINT: the same

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & noexcept { return std::get<0>(state_); }
  const T& value() const& noexcept { return std::get<0>(state_); }
  T&& value() && noexcept { return std::get<0>(std::move(state_)); }
  T* operator->() noexcept { return &value(); }
  const T* operator->() const noexcept { return &value(); }
  T& operator*() & noexcept { return value(); }
  const T& operator*() const& noexcept { return value(); }

  const E& error() const noexcept { return std::get<1>(state_); }

 private:
  std::variant<T, E> state_;
};

/// The value type of a Result that only tells success.
using Done = std::monostate;

}  // namespace smpp
