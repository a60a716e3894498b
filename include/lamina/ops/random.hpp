#pragma once
#include <optional>

#include "lamina/core/call_context.hpp"
#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/core/fma.hpp"
#include "lamina/core/tensor.hpp"
#include "lamina/kernels/parallel_lanes.hpp"
#include "lamina/kernels/simd/simd.hpp"

// Random tensors.

namespace lamina {

/// The options of random_normal.
struct NormalOptions {
  double mean = 0;                                   ///< Mean; finite. Default: 0.
  double stddev = 1;                                 ///< Standard deviation; >= 0. Default: 1.
  std::optional<std::uint64_t> seed = std::nullopt;  ///< If set, each call returns the same numbers. Default: none.
};

/// The options of random_uniform.
struct UniformOptions {
  double minval = 0;                                 ///< Lower bound, inclusive; finite. Default: 0.
  double maxval = 1;                                 ///< Upper bound, exclusive; finite, >= minval. Default: 1.
  std::optional<std::uint64_t> seed = std::nullopt;  ///< If set, each call returns the same numbers. Default: none.
};

namespace detail {

/// Normally distributed numbers of the given shape, drawn from `random`.
template <class S>
Tensor<S> normal_noise(const Shape& shape, double mean, double stddev, const RandomStream& random) {
  Tensor<S> noise = Tensor<S>::empty(shape);
  S* values = TensorAccess::data(noise);
  kernels::parallel_lanes<S>(shape.size(), 64, 2048, [=](auto, Index begin, Index end) LAMINA_INLINE_LAMBDA {
    for (Index i = begin; i < end; ++i)
      values[i] =
          static_cast<S>(detail::fused_multiply_add(random.normal(static_cast<std::uint64_t>(i)), stddev, mean));
  });
  return noise;
}

/// The random stream of a seed; without a seed, the next stream of the current layer call or of the program.
inline RandomStream random_stream_of(const std::optional<std::uint64_t>& seed) {
  return seed ? RandomStream(*seed, 0) : CallContext::random_stream();
}

/// The random stream of a layer in the current step; uses the seed of the layer if it has one.
inline RandomStream noise_stream(const std::optional<std::uint64_t>& seed) {
  const RandomStream random = CallContext::random_stream();
  return seed ? random.with_seed(*seed) : random;
}

LAMINA_COMPILED_FUNCTION(normal_noise);
}  // namespace detail

/// Returns a tensor of the given shape with normally distributed numbers. Each call returns new numbers, unless a seed
/// is set. In a layer's `call` they are reproducible: they depend on the seed of the training run, not on the number of
/// threads. Throws ValueError for options out of range. `keras.random.normal`.
///
///     random_normal({32, 8})                                       // float
///     random_normal<double>({32, 8}, {.mean = 1, .stddev = 0.1})
template <class Scalar = float>
Tensor<Scalar> random_normal(const Shape& shape, const NormalOptions& options = {}) {
  detail::check_finite(options.mean, "mean", "random_normal");
  detail::check_not_negative(options.stddev, "stddev", "random_normal");
  return detail::normal_noise<Scalar>(shape, options.mean, options.stddev, detail::random_stream_of(options.seed));
}

/// Returns a tensor of the given shape with numbers uniformly distributed in [minval, maxval). For seeds and
/// reproducibility see `random_normal`. Throws ValueError for options out of range. `keras.random.uniform`.
template <class Scalar = float>
Tensor<Scalar> random_uniform(const Shape& shape, const UniformOptions& options = {}) {
  detail::check_finite(options.minval, "minval", "random_uniform");
  detail::check_finite(options.maxval, "maxval", "random_uniform");
  if (!detail::at_most(options.minval, options.maxval))
    raise<ValueError>("random_uniform: expected minval <= maxval, got ", options.minval, " and ", options.maxval);
  const double least = options.minval, width = options.maxval - options.minval;
  Tensor<Scalar> result = Tensor<Scalar>::empty(shape);
  Scalar* values = detail::TensorAccess::data(result);
  const auto most = static_cast<Scalar>(options.maxval);
  kernels::parallel_lanes<Scalar>(
      shape.size(), 64, 2048,
      [=, random = detail::random_stream_of(options.seed)](auto, Index begin, Index end) LAMINA_INLINE_LAMBDA {
        for (Index i = begin; i < end; ++i) {
          const auto value = detail::rounded(static_cast<Scalar>(
              detail::fused_multiply_add(random.uniform(static_cast<std::uint64_t>(i)), width, least)));
          values[i] = value < most ? value : static_cast<Scalar>(least);  // rounding may reach maxval
        }
      });
  return result;
}

LAMINA_COMPILED_FUNCTION(random_normal);
LAMINA_COMPILED_FUNCTION(random_uniform);

}  // namespace lamina
