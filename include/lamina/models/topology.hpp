#pragma once
#include <memory>
#include <string>
#include <vector>

#include "lamina/layers/base/layer.hpp"

namespace lamina {
template <class Scalar>
class Model;
}  // namespace lamina

namespace lamina::detail {

/// How a model computes its outputs: the connections of its layers (Graph, Chain), or a user-defined call (UserCall).
/// Every model has one topology and passes itself to its functions.
template <class S>
class Topology {
 public:
  using Symbols = std::vector<SymbolicTensor<S>>;
  using Layers = std::vector<std::shared_ptr<Layer<S>>>;
  /// A function that applies layers in sequence to a symbolic input of a given shape and returns all symbolic tensors.
  /// Callers pass it to the topology, so that only programs that need symbolic tensors compile it.
  using CallLayers = Symbols (*)(const Layers& layers, const Shape& input);

  /// The symbolic inputs and outputs of a model.
  struct Endpoints {
    Symbols inputs, outputs;
  };
  /// Receives the rows of a summary. `shapes`: output shapes; empty if unknown. `sources`: the calls that compute the
  /// inputs; empty if the topology has no such column.
  class SummaryRows {
   public:
    virtual void add(const Layer<S>& layer, const std::string& shapes, const std::string& sources) = 0;

   protected:
    ~SummaryRows() = default;
  };

  virtual ~Topology() = default;

  /// Returns Keras's class name of models with this topology; null if the model has its own class name.
  virtual const char* class_name() const noexcept = 0;
  /// Returns the number of inputs of a call; 0 if unknown.
  virtual std::size_t input_count() const noexcept = 0;
  /// Returns the number of outputs of a call; 0 if unknown.
  virtual std::size_t output_count() const noexcept = 0;
  /// Returns the names of the inputs, by which data can be passed; empty if there are none.
  virtual std::vector<std::string> input_names() const = 0;
  /// Returns the names of the outputs, by which targets, losses and metrics can be passed; empty if there are none.
  virtual std::vector<std::string> output_names() const = 0;

  /// Returns the symbolic inputs and outputs. Throws StateError if there are none. `action`: for the error text.
  virtual Endpoints symbols(const Model<S>& model, const char* action, CallLayers call_layers) const = 0;
  /// Returns the layers, each once.
  virtual Layers model_layers(const Model<S>& model) const = 0;

  /// Throws an error if the shape of a single input does not match.
  virtual void check_input(const Shape& shape) const = 0;
  /// Throws an error if the number or a shape of the inputs does not match.
  virtual void check_inputs(const Model<S>& model, const std::vector<Tensor<S>>& inputs) const = 0;
  /// Computes the output of one input.
  virtual Tensor<S> call(const Model<S>& model, const Tensor<S>& x) const = 0;
  /// Computes the outputs of several inputs.
  virtual std::vector<Tensor<S>> call_many(const Model<S>& model, const std::vector<Tensor<S>>& inputs) const = 0;
  /// Computes the shapes of the outputs.
  virtual std::vector<Shape> output_shapes(const Model<S>& model, const std::vector<Shape>& inputs) const = 0;

  /// Adds the layers and their connections to the configuration of the model.
  LAMINA_COLD virtual void add_config(const Model<S>& model, Config& config) const = 0;
  /// Adds a row per layer to a summary.
  LAMINA_COLD virtual void add_summary_rows(const Model<S>& model, SummaryRows& rows) const = 0;
};

}  // namespace lamina::detail
