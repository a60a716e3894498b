#pragma once
#include <memory>
#include <type_traits>

#include "lamina/core/config.hpp"

// How layers that hold others take them: moved in, or as a shared pointer where they are used elsewhere too.

namespace lamina::detail {

/// What was given, without its pointer.
template <class T>
struct HeldLayer {
  using type = T;
};
template <class T>
struct HeldLayer<std::shared_ptr<T>> {
  using type = T;
};
template <class T>
using held_scalar = typename HeldLayer<std::remove_cvref_t<T>>::type::scalar_type;
template <class T, class Base>
concept Holds = std::is_base_of_v<Base, typename HeldLayer<std::remove_cvref_t<T>>::type>;

template <class Base, class Given>
std::shared_ptr<Base> hold(Given&& given) {
  using Plain = std::remove_cvref_t<Given>;
  if constexpr (std::is_same_v<typename HeldLayer<Plain>::type, Plain>) {
    static_assert(
        std::is_rvalue_reference_v<Given&&> && !std::is_const_v<std::remove_reference_t<Given>>,
        "a layer is not copied: pass std::move(layer), or share it as a std::shared_ptr from std::make_shared");
    return std::make_shared<Plain>(std::move(given));
  } else if constexpr (!requires { given == nullptr; }) {  // an activation stands for a layer
    return std::make_shared<typename HeldLayer<Plain>::type>(std::forward<Given>(given));
  } else {
    if (given == nullptr) raise<ValueError>("got an empty pointer for a layer");
    return std::forward<Given>(given);
  }
}

}  // namespace lamina::detail
