#pragma once
#include <string_view>

#include "lamina/activations/distributions.hpp"
#include "lamina/activations/gates.hpp"
#include "lamina/activations/ramps.hpp"
#include "lamina/activations/rectifiers.hpp"
#include "lamina/activations/shrinks.hpp"
#include "lamina/activations/sigmoids.hpp"
#include "lamina/core/name_table.hpp"
#include "lamina/core/strategy.hpp"

// Includes every activation function and defines the table of their names. An activation function is a struct with
// `class_name()`, which returns Keras's name, and a call operator. Its data members are Keras's arguments; if it has
// any, it has `fields`, which lists them.

namespace lamina::activations {

/// Returns whether two names are equal except for case and underscores: "LeakyReLU", as in Keras's files, is
/// "leaky_relu".
constexpr bool same_letters(std::string_view snake, std::string_view name) noexcept {
  std::size_t at = 0;
  for (const char c : name) {
    if (c == '_') continue;
    while (at < snake.size() && snake[at] == '_') ++at;
    const char lower = lamina::detail::is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    if (at >= snake.size() || snake[at++] != lower) return false;
  }
  return at == snake.size();
}

/// A pointer to an activation function.
template <class S>
using Function = Tensor<S> (*)(const Tensor<S>&);

/// Applies an activation with its default arguments. Throws ValueError if its arguments are required.
template <class F, class S>
Tensor<S> with_defaults(const Tensor<S>& x) {
  if constexpr (std::is_same_v<F, Threshold>)
    raise<ValueError>("threshold: expected arguments, got the name only. Pass ",
                      "activations::Threshold{.threshold = ..., .default_value = ...}.");
  else if constexpr (requires { F::plain(x); })
    return F::plain(x);
  else
    return F{}(x);
}

/// Whether an activation has arguments.
template <class F>
inline constexpr bool has_arguments = requires(F& f, ArgumentWriter& field) { F::fields(f, field); };

/// Returns `function` with the given arguments; missing ones keep their values. Throws ValueError for an unknown
/// argument or a missing required one.
template <class F>
F from_arguments(F function, const std::string& name, const Config& arguments) {
  ArgumentReader reader(name, arguments, {"name", "trainable", "dtype"});
  if constexpr (has_arguments<F>) F::fields(function, reader);
  reader.finish();
  return function;
}

/// The result of a lookup by name.
template <class S>
struct Found {
  Function<S> function = nullptr;  ///< The function with its default arguments; null if not found.
  const char* name = nullptr;      ///< Its name in configurations; null if not found.
  bool known = false;  ///< Whether it was found. Sanitizers forbid comparing `function` with null at compile time.
};

/// The table of activation names.
using Table =
    NameTable<same_letters, Named<"linear", Linear>, Named<"relu", Relu>, Named<"relu6", Relu6>,
              Named<"leaky_relu", LeakyRelu>, Named<"elu", Elu>, Named<"selu", Selu>, Named<"celu", Celu>,
              Named<"gelu", Gelu>, Named<"sigmoid", Sigmoid>, Named<"hard_sigmoid", HardSigmoid>,
              Named<"log_sigmoid", LogSigmoid>, Named<"sparse_sigmoid", SparseSigmoid>, Named<"tanh", Tanh>,
              Named<"hard_tanh", HardTanh>, Named<"tanh_shrink", TanhShrink>, Named<"softmax", Softmax>,
              Named<"log_softmax", LogSoftmax>, Named<"sparsemax", Sparsemax>, Named<"softplus", Softplus>,
              Named<"squareplus", Squareplus>, Named<"sparse_plus", SparsePlus>, Named<"softsign", Softsign>,
              Named<"silu", Silu>, Named<"swish", Silu>, Named<"hard_silu", HardSilu>, Named<"hard_swish", HardSilu>,
              Named<"mish", Mish>, Named<"glu", Glu>, Named<"exponential", Exponential>,
              Named<"hard_shrink", HardShrink>, Named<"soft_shrink", SoftShrink>, Named<"threshold", Threshold>>;

/// Looks up a name. `length` is that of a string literal, else 0; with it, lookup compares only names of that length.
template <class S, std::size_t length>
constexpr Found<S> find_function(std::string_view name) {
  Found<S> found;
  Table::find<length>(name, [&]<class Entry>(Entry*) {
    found = {with_defaults<typename Entry::type, S>, Entry::type::class_name(), true};
  });
  return found;
}
/// Calls `use(function)` with the activation of this name and these arguments; returns false for an unknown name.
template <class Use>
bool make_function(std::string_view name, const Config& arguments, const Use& use) {
  return Table::find(name, [&]<class Entry>(Entry*) {
    use(from_arguments(typename Entry::type(), Entry::type::class_name(), arguments));
  });
}

#if defined(LAMINA_COMPILED)
#define LAMINA_COMPILED_ACTIVATION(F)                                                \
  LAMINA_FLOAT_TEMPLATE Tensor<float> with_defaults<F, float>(const Tensor<float>&); \
  LAMINA_DOUBLE_TEMPLATE Tensor<double> with_defaults<F, double>(const Tensor<double>&)
LAMINA_COMPILED_ACTIVATION(Relu);
LAMINA_COMPILED_ACTIVATION(Relu6);
LAMINA_COMPILED_ACTIVATION(LeakyRelu);
LAMINA_COMPILED_ACTIVATION(Elu);
LAMINA_COMPILED_ACTIVATION(Selu);
LAMINA_COMPILED_ACTIVATION(Celu);
LAMINA_COMPILED_ACTIVATION(Gelu);
LAMINA_COMPILED_ACTIVATION(Sigmoid);
LAMINA_COMPILED_ACTIVATION(HardSigmoid);
LAMINA_COMPILED_ACTIVATION(LogSigmoid);
LAMINA_COMPILED_ACTIVATION(SparseSigmoid);
LAMINA_COMPILED_ACTIVATION(Tanh);
LAMINA_COMPILED_ACTIVATION(HardTanh);
LAMINA_COMPILED_ACTIVATION(TanhShrink);
LAMINA_COMPILED_ACTIVATION(Softmax);
LAMINA_COMPILED_ACTIVATION(LogSoftmax);
LAMINA_COMPILED_ACTIVATION(Sparsemax);
LAMINA_COMPILED_ACTIVATION(Softplus);
LAMINA_COMPILED_ACTIVATION(Squareplus);
LAMINA_COMPILED_ACTIVATION(SparsePlus);
LAMINA_COMPILED_ACTIVATION(Softsign);
LAMINA_COMPILED_ACTIVATION(Silu);
LAMINA_COMPILED_ACTIVATION(HardSilu);
LAMINA_COMPILED_ACTIVATION(Mish);
LAMINA_COMPILED_ACTIVATION(Glu);
LAMINA_COMPILED_ACTIVATION(Exponential);
LAMINA_COMPILED_ACTIVATION(HardShrink);
LAMINA_COMPILED_ACTIVATION(SoftShrink);
#undef LAMINA_COMPILED_ACTIVATION
#endif

}  // namespace lamina::activations
