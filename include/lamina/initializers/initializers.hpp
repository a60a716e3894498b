#pragma once
// All initializers and their table of names.
#include "lamina/core/strategy.hpp"
#include "lamina/initializers/constants.hpp"
#include "lamina/initializers/initializer.hpp"
#include "lamina/initializers/orthogonal.hpp"
#include "lamina/initializers/random.hpp"

namespace lamina {

/// The Keras names of initializers.
struct InitializerFamily {
  static constexpr const char* kind = "initializer";  ///< The word for errors.
  /// The initializers by name.
  using Table =
      StrategyTable<const InitializerFunction, Named<"zeros", Zeros>, Named<"ones", Ones>, Named<"constant", Constant>,
                    Named<"identity", IdentityInitializer>, Named<"random_normal", RandomNormal>,
                    Named<"random_uniform", RandomUniform>, Named<"truncated_normal", TruncatedNormal>,
                    Named<"variance_scaling", VarianceScaling>, Named<"glorot_uniform", GlorotUniform>,
                    Named<"glorot_normal", GlorotNormal>, Named<"he_uniform", HeUniform>, Named<"he_normal", HeNormal>,
                    Named<"lecun_uniform", LecunUniform>, Named<"lecun_normal", LecunNormal>,
                    Named<"orthogonal", Orthogonal>, Named<"orthogonal_initializer", Orthogonal>,
                    Named<"uniform", RandomUniform>, Named<"normal", RandomNormal>>;
};

/// An initializer option: a Keras name or an InitializerFunction.
using Initializer = StrategyArgument<const InitializerFunction, InitializerFamily>;

/// Returns the initial value of a weight of this shape. An initializer without a seed uses the next stream of the
/// global seed. Throws ValueError for an unknown name, ShapeError if the initializer does not support the shape.
template <class S>
LAMINA_COLD Tensor<S> initial_value(const Initializer& initializer, const Shape& shape) {
  const std::shared_ptr<const InitializerFunction> f = initializer.resolve();
  if (f == nullptr) raise<ValueError>("initial_value: expected an initializer, got none. Pass one, such as \"zeros\".");
  const std::optional<std::uint64_t> seed = f->seed();
  const RandomStream random = seed ? RandomStream(*seed, 0) : next_random_stream();
  Tensor<double> values = Tensor<double>::empty(shape);
  f->fill(shape, detail::TensorAccess::data(values), random);
  return values.cast<S>();
}

}  // namespace lamina
