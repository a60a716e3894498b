#pragma once
#include <memory>
#include <type_traits>

#include "lamina/core/config.hpp"

// The layer arguments of wrappers (Bidirectional, TimeDistributed, ...): a layer that is moved in, or a std::shared_ptr
// to a layer that is also used elsewhere.

namespace lamina::detail {

/// The layer type of an argument: T itself, or the pointee of a std::shared_ptr.
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

/// Returns a std::shared_ptr that owns or shares the given layer. Throws a ValueError for a null pointer.
template <class Base, class Given>
std::shared_ptr<Base> make_shared_layer(Given&& given) {
  using Plain = std::remove_cvref_t<Given>;
  if constexpr (std::is_same_v<typename LayerArgument<Plain>::type, Plain>) {
    static_assert(std::is_rvalue_reference_v<Given&&> && !std::is_const_v<std::remove_reference_t<Given>>,
                  "a layer cannot be copied: pass std::move(layer), or a std::shared_ptr from std::make_shared");
    return std::make_shared<Plain>(std::move(given));
  } else if constexpr (!requires { given == nullptr; }) {  // an Activation becomes an ActivationLayer
    return std::make_shared<typename LayerArgument<Plain>::type>(std::forward<Given>(given));
  } else {
    if (given == nullptr)
      raise<ValueError>("expected a layer, got a null pointer. Pass a pointer from std::make_shared.");
    return std::forward<Given>(given);
  }
}

}  // namespace lamina::detail
