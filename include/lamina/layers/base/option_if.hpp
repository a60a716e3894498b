#pragma once
#include <type_traits>

// Layers of one family have one options struct. In the layers without a certain option, the field has a type that
// accepts no value: setting it is a compile error that shows the name of this type.

namespace lamina::detail {

/// The type of an option that a layer does not have.
struct This_layer_has_no_such_option {
  constexpr This_layer_has_no_such_option() noexcept {}
};

/// `T` if the layer has the option.
template <bool present, class T>
using OptionIf = std::conditional_t<present, T, This_layer_has_no_such_option>;

/// Returns the default of such an option: `standard` if the layer has it.
template <bool present, class T>
constexpr OptionIf<present, T> option_if([[maybe_unused]] T standard) {
  if constexpr (present)
    return standard;
  else
    return {};
}

/// Reads or writes an option under its Keras name, if the layer has it.
template <class Field, class T>
void option_field(Field& field, const char* name, T& option) {
  if constexpr (!std::is_same_v<std::remove_const_t<T>, This_layer_has_no_such_option>) field(name, option);
}

}  // namespace lamina::detail
