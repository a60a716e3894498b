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

/// The base class of all errors of lamina. The text states where the error is, what is wrong, what was expected, what
/// was passed, and how to fix it.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// An argument out of range, an unknown name, or invalid data.
class ValueError : public Error {
 public:
  using Error::Error;
};
/// Shapes that do not match each other, or that a layer does not accept. Keras raises ValueError for them.
class ShapeError : public ValueError {
 public:
  using ValueError::ValueError;
};
/// A call in the wrong state: `fit` before `compile`, a second gradient from a tape that is not persistent, a layer
/// that is not built.
class StateError : public Error {
 public:
  using Error::Error;
};
/// A file that cannot be opened, is truncated or has the wrong format.
class IoError : public Error {
 public:
  using Error::Error;
};

/// Adds a description of the place to errors: while an ErrorScope is alive, the text of every error raised on this
/// thread starts with its description (`Dense "fc1", call: ...`). Of nested scopes only the innermost is described, and
/// before it those that are always described.
class ErrorScope {
 public:
  /// Which errors a scope is described in.
  enum class Described {
    innermost,  ///< Those that are raised in no inner scope.
    always      ///< All, before the descriptions of inner scopes: a file that is being read.
  };
  /// Returns the description, from the arguments of the constructor.
  using Describe = std::string (*)(const void* subject, const char* action);
  /// `subject` and `action` are passed to `describe` if an error is raised. They must outlive the scope.
  ErrorScope(Describe describe, const void* subject, const char* action,
             Described described = Described::innermost) noexcept
      : describe_(describe), subject_(subject), action_(action), parent_(innermost()), described_(described) {
    innermost() = this;
  }
  ~ErrorScope() { innermost() = parent_; }
  ErrorScope(const ErrorScope&) = delete;
  ErrorScope& operator=(const ErrorScope&) = delete;

  /// Returns the innermost scope of the calling thread; null if there is none.
  static const ErrorScope* current() noexcept { return innermost(); }
  /// For its lifetime, errors of the calling thread start with the description of `scope`: the scope of a thread that
  /// waits for this one, or null for none.
  class Continued {
   public:
    /// `scope` must outlive this object.
    explicit Continued(const ErrorScope* scope) noexcept : before_(std::exchange(innermost(), scope)) {}
    ~Continued() { innermost() = before_; }
    Continued(const Continued&) = delete;
    Continued& operator=(const Continued&) = delete;

   private:
    const ErrorScope* before_;
  };

  /// Returns the descriptions of the innermost scope and of those that are always described, the outermost first, each
  /// followed by ": "; empty if there is none.
  LAMINA_COLD static std::string where() {
    std::string all;
    for (const ErrorScope* scope = innermost(); scope != nullptr; scope = scope->parent_)
      if (scope == innermost() || scope->described_ == Described::always)
        all.insert(0, scope->describe_(scope->subject_, scope->action_) + ": ");
    return all;
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
  Described described_;
};

/// A part of a message: a string, a number, or an object with a member function `to_string()`. It refers to its argument
/// and does not copy it. A call with pieces compiles to two stores per piece and one call: every operation can raise
/// errors, and their texts must not add to its size.
class TextPiece {
 public:
  /// A string.
  TextPiece(const char* s) noexcept : value_{.pointer = s}, append_(append_characters) {}  // NOLINT
  /// A string.
  TextPiece(const std::string_view& s) noexcept
      : value_{.pointer = &s}, append_(append_text<std::string_view>) {}  // NOLINT
  /// A string.
  TextPiece(const std::string& s) noexcept : value_{.pointer = &s}, append_(append_text<std::string>) {}  // NOLINT
  /// An integer.
  template <class T>
    requires std::is_integral_v<T>
  TextPiece(T value) noexcept : value_{.integer = static_cast<long long>(value)}, append_(append_integer) {}  // NOLINT
  /// A floating-point number, printed with 9 significant digits.
  TextPiece(double value) noexcept : value_{.real = value}, append_(append_real) {}  // NOLINT
  /// An object with a member function `to_string()`.
  template <class T>
    requires requires(const T& t) { t.to_string(); }
  TextPiece(const T& value) noexcept : value_{.pointer = &value}, append_(append_object<T>) {}  // NOLINT

  /// Appends the piece to a string.
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

/// Joins strings, numbers and objects with a `to_string()` member function to one string.
template <class... Parts>
LAMINA_COLD std::string text(const Parts&... parts) {
  const TextPiece pieces[] = {parts...};
  return detail::join(pieces, sizeof...(parts));
}

/// Raises all errors of lamina: throws `Kind`, or, if exceptions are disabled, prints the same text to the standard
/// error stream and aborts.
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

/// Raises an error of class `Kind`. Its text is the description of the ErrorScope, if any, and the joined parts.
template <class Kind, class... Parts>
[[noreturn]] LAMINA_COLD void raise(const Parts&... parts) {
  const TextPiece pieces[] = {parts...};
  raise_joined<Kind>(pieces, sizeof...(parts));
}

}  // namespace lamina
