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
/// Every model has one, which receives the model with each call.
template <class S>
class Topology {
 public:
  using Symbols = std::vector<SymbolicTensor<S>>;
  using Layers = std::vector<std::shared_ptr<Layer<S>>>;
  /// Calls the layers one after the other on a symbolic input of this shape; returns all symbolic tensors. A topology
  /// receives it from its callers, so that only programs that need symbolic tensors compile it.
  using CallInTurn = Symbols (*)(const Layers& layers, const Shape& input);

  /// The symbolic tensors at the ends of a model.
  struct Ends {
    Symbols inputs, outputs;
  };
  /// Receives the rows of a model's summary. `shapes`: of the outputs, empty if unknown; `sources`: the calls that the
  /// inputs come from, empty if the topology has no such column.
  class SummaryRows {
   public:
    virtual void add(const Layer<S>& layer, const std::string& shapes, const std::string& sources) = 0;

   protected:
    ~SummaryRows() = default;
  };

  virtual ~Topology() = default;

  /// Keras's name of such models; null if each class of them has its own.
  virtual const char* class_name() const noexcept = 0;
  /// Number of inputs and outputs of a call; 0 if it is unknown.
  virtual std::size_t input_count() const noexcept = 0;
  virtual std::size_t output_count() const noexcept = 0;
  /// Names by which data, losses and metrics may be given; empty if there are none.
  virtual std::vector<std::string> input_names() const = 0;
  virtual std::vector<std::string> output_names() const = 0;

  /// The symbolic tensors of the inputs and outputs; an error without them. `action`: for the error.
  virtual Ends symbols(const Model<S>& model, const char* action, CallInTurn call_in_turn) const = 0;
  /// The layers, each once.
  virtual Layers model_layers(const Model<S>& model) const = 0;

  /// Throws an error for an input, or inputs, that do not fit.
  virtual void check_input(const Shape& shape) const = 0;
  virtual void check_inputs(const Model<S>& model, const std::vector<Tensor<S>>& inputs) const = 0;
  virtual Tensor<S> call(const Model<S>& model, const Tensor<S>& x) const = 0;
  virtual std::vector<Tensor<S>> call_many(const Model<S>& model, const std::vector<Tensor<S>>& inputs) const = 0;
  virtual std::vector<Shape> output_shapes(const Model<S>& model, const std::vector<Shape>& inputs) const = 0;

  /// Adds the layers and their connections to the model's configuration.
  LAMINA_COLD virtual void add_config(const Model<S>& model, Config& config) const = 0;
  LAMINA_COLD virtual void add_summary_rows(const Model<S>& model, SummaryRows& rows) const = 0;
};

}  // namespace lamina::detail
