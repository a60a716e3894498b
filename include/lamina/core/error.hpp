#pragma once
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "lamina/core/macros.hpp"
#include "lamina/core/print_number.hpp"

namespace lamina {

/// What every error of lamina derives from. The text says where, what, what was expected and found, and how to mend it.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// Shapes that do not fit each other or a layer.
class ShapeError : public Error {
 public:
  using Error::Error;
};
/// An argument outside its range, an unknown name, labels or data that cannot be used.
class ValueError : public Error {
 public:
  using Error::Error;
};
/// A call at the wrong time: `fit` before `compile`, a tape asked twice, a layer not built yet.
class StateError : public Error {
 public:
  using Error::Error;
};
/// A file that cannot be opened, is cut short or is not what its name says.
class IoError : public Error {
 public:
  using Error::Error;
};

/// Tells errors where they happened: while an ErrorScope lives, every error raised on this thread starts with its
/// description (`Dense "fc1", call: ...`), that of the innermost scope only.
class ErrorScope {
 public:
  using Describe = std::string (*)(const void* subject, const char* action);
  ErrorScope(Describe describe, const void* subject, const char* action) noexcept
      : describe_(describe), subject_(subject), action_(action), parent_(innermost()) {
    innermost() = this;
  }
  ~ErrorScope() { innermost() = parent_; }
  ErrorScope(const ErrorScope&) = delete;
  ErrorScope& operator=(const ErrorScope&) = delete;

  static std::string where() {
    const ErrorScope* scope = innermost();
    return scope == nullptr ? std::string() : scope->describe_(scope->subject_, scope->action_) + ": ";
  }

 private:
  static const ErrorScope*& innermost() noexcept {
    static constinit thread_local const ErrorScope* scope = nullptr;
    return scope;
  }
  Describe describe_;
  const void* subject_;
  const char* action_;
  const ErrorScope* parent_;
};

/// One piece of a text: a string, a number, or anything with a `to_string()` member. It only points at what it stands
/// for, so that a call that joins pieces is a few stores and one call: error texts stand in every operation, and should
/// cost the program that is compiled nothing.
class TextPiece {
 public:
  TextPiece(const char* s) noexcept : TextPiece(std::string_view(s)) {}                                   // NOLINT
  TextPiece(std::string_view s) noexcept : data_(s.data()), number_(static_cast<long long>(s.size())) {}  // NOLINT
  TextPiece(const std::string& s) noexcept : TextPiece(std::string_view(s)) {}                            // NOLINT
  template <class T>
    requires std::is_integral_v<T>
  TextPiece(T value) noexcept : number_(static_cast<long long>(value)), append_(append_integer) {}  // NOLINT
  TextPiece(double value) noexcept : real_(value), append_(append_real) {}                          // NOLINT
  template <class T>
    requires requires(const T& t) { t.to_string(); }
  TextPiece(const T& value) noexcept  // NOLINT
      : data_(&value),
        append_([](const TextPiece& p, std::string& to) { to += static_cast<const T*>(p.data_)->to_string(); }) {}

  void append_to(std::string& to) const {
    if (append_ != nullptr)
      append_(*this, to);
    else
      to.append(static_cast<const char*>(data_), static_cast<std::size_t>(number_));
  }

 private:
  static void append_integer(const TextPiece& p, std::string& to) { to += std::to_string(p.number_); }
  static void append_real(const TextPiece& p, std::string& to) { to += detail::print_number(p.real_, 9); }
  const void* data_ = nullptr;
  long long number_ = 0;
  double real_ = 0;
  void (*append_)(const TextPiece&, std::string&) = nullptr;
};

namespace detail {
LAMINA_NOINLINE inline std::string join(const TextPiece* pieces, std::size_t count) {
  std::string joined;
  for (std::size_t i = 0; i < count; ++i) pieces[i].append_to(joined);
  return joined;
}
}  // namespace detail

/// Joins strings, numbers and anything with a `to_string()` member into one text.
template <class... Parts>
std::string text(const Parts&... parts) {
  const TextPiece pieces[] = {parts...};
  return detail::join(pieces, sizeof...(parts));
}

/// The one place that raises errors: throws `Kind`, or, where exceptions are off, prints the same text and aborts.
template <class Kind>
[[noreturn]] LAMINA_NOINLINE void raise_joined(const TextPiece* pieces, std::size_t count) {
  const std::string full = ErrorScope::where() + detail::join(pieces, count);
#if LAMINA_HAS_EXCEPTIONS
  throw Kind(full);
#else
  std::fputs(("lamina: " + full + "\n").c_str(), stderr);
  std::abort();
#endif
}

/// Raises `Kind` with the joined parts as its text.
template <class Kind, class... Parts>
[[noreturn]] void raise(const Parts&... parts) {
  const TextPiece pieces[] = {parts...};
  raise_joined<Kind>(pieces, sizeof...(parts));
}

}  // namespace lamina
