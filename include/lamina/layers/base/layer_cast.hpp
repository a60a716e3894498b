#pragma once
#include <cstdint>
#include <string_view>

#include "lamina/layers/base/layer.hpp"

namespace lamina::detail {

/// The key of a class that layer_cast finds: a hash of the class name. An address would differ between shared
/// libraries.
consteval std::uint64_t class_key(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<std::uint64_t>(c)) * 0x100000001b3U;
  return hash;
}
/// The key of T; each class that layer_cast finds specializes it.
template <class T>
inline constexpr std::uint64_t key_of_class = 0;

struct LayerCast {
  template <class T, class S>
  static const T* cast(const Layer<S>& layer) noexcept {
    static_assert(key_of_class<T> != 0);
    return static_cast<const T*>(layer.as_class(key_of_class<T>));
  }
};

/// Returns the layer as a T if its class is T or derives from T; null otherwise. A dynamic_cast that also works in
/// programs without RTTI.
template <class T, class S>
const T* layer_cast(const Layer<S>& layer) noexcept {
  return LayerCast::cast<T>(layer);
}

}  // namespace lamina::detail
