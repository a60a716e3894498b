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

// Every activation function, and the names that find them. An activation is a struct whose members are its Keras
// arguments: it has `class_name()`, Keras's name, a call operator, and `fields` where it has arguments.

namespace lamina::activations {

/// Whether a name is this one, whatever its capitals and underscores: "LeakyReLU", as Keras's files have it, too.
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

template <class S>
using Function = Tensor<S> (*)(const Tensor<S>&);

/// The function with its default arguments; one that has none says so.
template <class F, class S>
Tensor<S> with_defaults(const Tensor<S>& x) {
  if constexpr (std::is_same_v<F, Threshold>)
    raise<ValueError>("threshold: its arguments are missing. Instead of the name give ",
                      "activations::Threshold{.threshold = ..., .default_value = ...}.");
  else if constexpr (requires { F::plain(x); })
    return F::plain(x);
  else
    return F{}(x);
}

template <class F>
inline constexpr bool has_arguments = requires(F& f, ArgumentWriter& field) { F::fields(f, field); };

/// A function from its arguments, which may leave out what has a default.
template <class F>
F from_arguments(F function, const std::string& name, const Config& arguments) {
  ArgumentReader reader(name, arguments, {"name", "trainable", "dtype"});
  if constexpr (has_arguments<F>) F::fields(function, reader);
  reader.finish();
  return function;
}

/// What a name finds: the function with its default arguments, and the name that it has in configurations.
template <class S>
struct Found {
  Function<S> function = nullptr;
  const char* name = nullptr;
  bool known = false;  ///< a flag, as sanitizers do not let a function's address be compared while compiling
};

/// All activations that a name finds.
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

/// Returns the function of this name with its default arguments. `length`: that of a literal, otherwise 0.
template <class S, std::size_t length>
constexpr Found<S> find_function(std::string_view name) {
  Found<S> found;
  Table::find<length>(name, [&]<class Entry>(Entry*) {
    found = {with_defaults<typename Entry::type, S>, Entry::type::class_name(), true};
  });
  return found;
}
/// Calls `use` with the function of this name, made with these arguments; returns whether there is one.
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
