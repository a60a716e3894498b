#pragma once
#include <bit>
#if !defined(__cpp_lib_bit_cast)
#include <type_traits>
#endif

namespace lamina::detail {

#if defined(__cpp_lib_bit_cast)
using std::bit_cast;
#else
/// std::bit_cast, for the standard libraries of Emscripten before 3.1.10 and clang before 14, which lack it.
template <class To, class From>
  requires(sizeof(To) == sizeof(From) && std::is_trivially_copyable_v<To> && std::is_trivially_copyable_v<From>)
constexpr To bit_cast(const From& from) noexcept {
  return __builtin_bit_cast(To, from);
}
#endif

}  // namespace lamina::detail
