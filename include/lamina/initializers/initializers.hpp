#pragma once
// Every initializer, and the names that find them.
#include "lamina/core/strategy.hpp"
#include "lamina/initializers/constants.hpp"
#include "lamina/initializers/initializer.hpp"
#include "lamina/initializers/orthogonal.hpp"
#include "lamina/initializers/random.hpp"

namespace lamina {

struct InitializerFamily {
  static constexpr const char* kind = "initializer";
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

/// An initializer as an option: a Keras name, or an object.
using Initializer = StrategyArgument<const InitializerFunction, InitializerFamily>;

/// A new weight's value. Without a seed of its own, each call draws from the next stream of the program's seed.
template <class S>
LAMINA_COLD Tensor<S> initial_value(const Initializer& initializer, const Shape& shape) {
  const std::shared_ptr<const InitializerFunction> f = initializer.resolve();
  if (f == nullptr) raise<ValueError>("a weight needs an initializer");
  const std::optional<std::uint64_t> seed = f->seed();
  const RandomStream random = seed ? RandomStream(*seed, 0) : next_random_stream();
  Tensor<double> values = Tensor<double>::empty(shape);
  f->fill(shape, detail::TensorAccess::data(values), random);
  return values.cast<S>();
}

}  // namespace lamina
