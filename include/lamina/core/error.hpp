#pragma once
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

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

  /// Returns the innermost scope of the calling thread; null if there is none.
  static const ErrorScope* current() noexcept { return innermost(); }
  /// While it lives, the errors of the calling thread start with the description of `scope`, that of another thread that
  /// waits for this one; null for none.
  class Continued {
   public:
    explicit Continued(const ErrorScope* scope) noexcept : before_(std::exchange(innermost(), scope)) {}
    ~Continued() { innermost() = before_; }
    Continued(const Continued&) = delete;
    Continued& operator=(const Continued&) = delete;

   private:
    const ErrorScope* before_;
  };

  LAMINA_COLD static std::string where() {
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
/// for, so that a call that joins pieces is two stores for each and one call: error texts stand in every operation, and
/// should cost the program that is compiled nothing.
class TextPiece {
 public:
  TextPiece(const char* s) noexcept : value_{.pointer = s}, append_(append_characters) {}  // NOLINT
  TextPiece(const std::string_view& s) noexcept
      : value_{.pointer = &s}, append_(append_text<std::string_view>) {}                                  // NOLINT
  TextPiece(const std::string& s) noexcept : value_{.pointer = &s}, append_(append_text<std::string>) {}  // NOLINT
  template <class T>
    requires std::is_integral_v<T>
  TextPiece(T value) noexcept : value_{.integer = static_cast<long long>(value)}, append_(append_integer) {}  // NOLINT
  TextPiece(double value) noexcept : value_{.real = value}, append_(append_real) {}                           // NOLINT
  template <class T>
    requires requires(const T& t) { t.to_string(); }
  TextPiece(const T& value) noexcept : value_{.pointer = &value}, append_(append_object<T>) {}  // NOLINT

  void append_to(std::string& to) const { append_(value_, to); }

 private:
  union Value {
    const void* pointer;
    long long integer;
    double real;
  };
  LAMINA_COLD static void append_characters(Value v, std::string& to) { to += static_cast<const char*>(v.pointer); }
  template <class T>
  LAMINA_COLD static void append_text(Value v, std::string& to) {
    to += *static_cast<const T*>(v.pointer);
  }
  template <class T>
  LAMINA_COLD static void append_object(Value v, std::string& to) {
    to += static_cast<const T*>(v.pointer)->to_string();
  }
  LAMINA_COLD static void append_integer(Value v, std::string& to) { to += std::to_string(v.integer); }
  LAMINA_COLD static void append_real(Value v, std::string& to) { to += detail::print_number(v.real, 9); }
  Value value_;
  void (*append_)(Value, std::string&);
};

namespace detail {
LAMINA_COLD inline std::string join(const TextPiece* pieces, std::size_t count) {
  std::string joined;
  for (std::size_t i = 0; i < count; ++i) pieces[i].append_to(joined);
  return joined;
}
}  // namespace detail

/// Joins strings, numbers and anything with a `to_string()` member into one text.
template <class... Parts>
LAMINA_COLD std::string text(const Parts&... parts) {
  const TextPiece pieces[] = {parts...};
  return detail::join(pieces, sizeof...(parts));
}

/// The one place that raises errors: throws `Kind`, or, where exceptions are off, prints the same text and aborts.
template <class Kind>
[[noreturn]] LAMINA_COLD void raise_joined(const TextPiece* pieces, std::size_t count) {
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
[[noreturn]] LAMINA_COLD void raise(const Parts&... parts) {
  const TextPiece pieces[] = {parts...};
  raise_joined<Kind>(pieces, sizeof...(parts));
}

}  // namespace lamina
