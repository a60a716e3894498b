#pragma once
#include <memory>
#include <string>
#include <vector>

#include "lamina/core/config.hpp"
#include "lamina/core/tensor.hpp"

namespace lamina {

template <class Scalar>
class Layer;

namespace detail {

/// What a model asks of the graph that it was drawn as. Nothing here has a body, so that a program whose models are
/// chains, or classes of its own, compiles no graph.
template <class S>
class Topology {
 public:
  /// A line of a model's summary.
  struct Line {
    const Layer<S>* layer;
    std::string shapes, sources;  ///< of its outputs; the calls that its inputs come from
  };

  virtual ~Topology() = default;
  virtual std::size_t input_count() const noexcept = 0;
  virtual std::size_t output_count() const noexcept = 0;
  virtual std::vector<std::string> input_names() const = 0;
  virtual std::vector<std::string> output_names() const = 0;
  /// Raises an error for an input that does not fit.
  virtual void check_input(std::size_t i, const Shape& shape) const = 0;
  virtual void run(const Tensor<S>* inputs, Tensor<S>* outputs) const = 0;
  virtual std::vector<Shape> shapes(const std::vector<Shape>& inputs) const = 0;
  virtual void add_config(Config& config) const = 0;
  virtual std::vector<Line> lines() const = 0;
};

}  // namespace detail

}  // namespace lamina
