#pragma once
#include <memory>
#include <type_traits>

#include "lamina/core/config.hpp"

// How layers that hold others take them: moved in, or as a shared pointer where they are used elsewhere too.

namespace lamina::detail {

/// What was given, without its pointer.
template <class T>
struct LayerArgument {
  using type = T;
};
template <class T>
struct LayerArgument<std::shared_ptr<T>> {
  using type = T;
};
template <class T>
using layer_argument_scalar = typename LayerArgument<std::remove_cvref_t<T>>::type::scalar_type;
template <class T, class Base>
concept LayerArgumentFor = std::is_base_of_v<Base, typename LayerArgument<std::remove_cvref_t<T>>::type>;

template <class Base, class Given>
std::shared_ptr<Base> share_layer(Given&& given) {
  using Plain = std::remove_cvref_t<Given>;
  if constexpr (std::is_same_v<typename LayerArgument<Plain>::type, Plain>) {
    static_assert(
        std::is_rvalue_reference_v<Given&&> && !std::is_const_v<std::remove_reference_t<Given>>,
        "a layer is not copied: pass std::move(layer), or share it as a std::shared_ptr from std::make_shared");
    return std::make_shared<Plain>(std::move(given));
  } else if constexpr (!requires { given == nullptr; }) {  // an activation stands for a layer
    return std::make_shared<typename LayerArgument<Plain>::type>(std::forward<Given>(given));
  } else {
    if (given == nullptr) raise<ValueError>("got an empty pointer for a layer");
    return std::forward<Given>(given);
  }
}

}  // namespace lamina::detail
