#pragma once
#include <memory>
#include <optional>

#include "lamina/core/arguments.hpp"
#include "lamina/core/random.hpp"
#include "lamina/core/tensor.hpp"

namespace lamina {

/// The base class of initializers: computes the initial value of a weight. Values are computed in double and rounded to
/// the scalar type of the weight, so that float and double models have the same initial weights. Derive from it for a
/// custom initializer, and pass it to a layer as an object or, once registered, by name. Keras:
/// `keras.initializers.Initializer`.
class InitializerFunction {
 public:
  using StrategyBase = const InitializerFunction;  ///< The base class, for registration.
  virtual ~InitializerFunction() = default;
  /// The class name, as in Keras.
  virtual const char* class_name() const noexcept = 0;
  /// The arguments by Keras name. Default: none.
  LAMINA_COLD virtual Config get_config() const { return Config::map(); }
  /// Writes `shape.size()` values in row-major order. `random`: the random stream of this weight.
  virtual void fill(const Shape& shape, double* values, const RandomStream& random) const = 0;
  /// The seed option; if it is empty, weights use streams of the global seed.
  virtual std::optional<std::uint64_t> seed() const { return std::nullopt; }
  /// Returns the initializer with these axes of the weight as inputs and outputs of a unit, for fans. Returns null if
  /// the axes are set already or make no difference.
  LAMINA_COLD virtual std::shared_ptr<const InitializerFunction> with_axes(
      const std::vector<Index>& /*inputs*/, const std::vector<Index>& /*outputs*/) const {
    return nullptr;
  }
};

namespace detail {
/// The fan-in and fan-out of a weight: the number of inputs and outputs of a unit. For a dense kernel its rows and
/// columns, for a convolution kernel these times the number of kernel positions.
struct Fans {
  double in, out;
  LAMINA_COLD explicit Fans(const Shape& shape) {
    const Index rank = shape.rank();
    if (rank == 0) {
      in = out = 1;
    } else if (rank == 1) {
      in = out = static_cast<double>(shape[0]);
    } else {
      double window = 1;
      for (Index i = 0; i + 2 < rank; ++i) window *= static_cast<double>(shape[i]);
      in = static_cast<double>(shape[-2]) * window;
      out = static_cast<double>(shape[-1]) * window;
    }
  }
  /// The fans for the given input and output axes.
  LAMINA_COLD Fans(const char* who, const Shape& shape, const std::vector<Index>& inputs,
                   const std::vector<Index>& outputs)
      : in(1), out(1) {
    double window = static_cast<double>(shape.size());
    const auto take = [&](const std::vector<Index>& axes, double& fan) {
      for (const Index axis : axes) {
        if (axis < -shape.rank() || axis >= shape.rank())
          raise<ValueError>(who, ": expected input_axes and output_axes among the axes of the weight of shape ", shape,
                            ", got ", axis);
        fan *= static_cast<double>(shape[axis]);
      }
      window = fan > 0 ? window / fan : 0;
    };
    take(inputs, in);
    take(outputs, out);
    in *= window;
    out *= window;
  }
};
}  // namespace detail

}  // namespace lamina
