#pragma once
#include <atomic>
#include <cstdio>
#include <string>
#include <string_view>

#include "lamina/core/error.hpp"

namespace lamina {

/// Receives the text of a warning, without a newline: where, what, and how to fix it.
using WarningHandler = void (*)(std::string_view message);

namespace detail {

/// The default handler: writes `lamina: warning: <message>` and a newline to the standard error stream, in one call.
LAMINA_COLD inline void print_warning(std::string_view message) {
  const std::string line = "lamina: warning: " + std::string(message) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

LAMINA_COLD inline std::atomic<WarningHandler>& warning_handler() noexcept {
  static constinit std::atomic<WarningHandler> handler{&print_warning};
  return handler;
}

LAMINA_NOINLINE inline void warn_joined(const TextPiece* pieces, std::size_t count) {
  warning_handler().load(std::memory_order_acquire)(ErrorScope::where() + join(pieces, count));
}

/// Issues a warning. All warnings of lamina are issued here. Joins the parts to one text, as `raise` does, and passes
/// it to the handler.
template <class... Parts>
LAMINA_COLD void warn(const Parts&... parts) {
  const TextPiece pieces[] = {parts...};
  warn_joined(pieces, sizeof...(parts));
}

}  // namespace detail

/// Sets the function that receives all warnings of lamina, and returns the previous one. The default handler writes one
/// line to the standard error stream; a null pointer restores it. Several threads can warn at the same time: a handler
/// must be thread-safe.
///
///     set_warning_handler([](std::string_view message) { my_logger().warning(message); });
///     set_warning_handler([](std::string_view) {});  // silence
inline WarningHandler set_warning_handler(WarningHandler handler) noexcept {
  return detail::warning_handler().exchange(handler != nullptr ? handler : &detail::print_warning,
                                            std::memory_order_acq_rel);
}

}  // namespace lamina
