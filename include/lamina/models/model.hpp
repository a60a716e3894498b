#pragma once
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <typeinfo>
#include <vector>

#include "lamina/layers/base/layer.hpp"
#include "lamina/models/user_call.hpp"
#include "lamina/training/trainer.hpp"

namespace lamina {

template <class Scalar>
class Model;

namespace detail {
template <class S>
class Graph;
template <class S>
class Chain;

/// Returns whether an object's class is T itself, not a class derived from it.
template <class T>
LAMINA_COLD bool is_exactly([[maybe_unused]] const T& object) noexcept {
#if LAMINA_HAS_RTTI
  return typeid(object) == typeid(T);
#else
  return false;
#endif
}
template <class S>
inline constexpr std::uint64_t key_of_class<Model<S>> = class_key("Model");
}  // namespace detail

/// Options of `Model::summary`.
struct SummaryOptions {
  bool expand_nested = false;  ///< If true, also lists the layers of nested models. Default: false.
};

/// A trainable model: a layer with `compile`, `fit`, `evaluate` and `predict` of Trainer. Keras: `keras.Model`.
///
/// Build one in three ways: as a graph from symbolic inputs to outputs (the functional API),
///
///     auto x = Input({784});
///     auto y = x | Dense(128, "relu") | Dense(10, "softmax");
///     Model model(x, y);
///
/// as a subclass that overrides `call`, or as a Sequential chain.
///
/// **Ownership:** a graph refers to layers passed as lvalues, which must outlive the model; it owns temporaries and
/// shared pointers. A model can be moved, not copied. Thread safety: `predict` and calls in inference mode are
/// thread-safe once the model is built.
template <class Scalar = float>
class Model : public Layer<Scalar>, public Trainer<Scalar> {
 public:
  using Symbols = std::vector<SymbolicTensor<Scalar>>;  ///< Symbolic tensors, such as the inputs of a graph.

  /// Constructs a model without a graph, for subclasses that override `call` or `call_many`.
  Model() : Trainer<Scalar>(static_cast<Layer<Scalar>&>(*this)) { this->set_supports_masking(true); }
  /// Constructs a model from the graph between symbolic inputs and outputs. The data of an input that no output depends
  /// on are ignored. Throws ValueError if there is no input or output, if an output depends on an Input that is not
  /// among the inputs, if an input is passed twice, or if two layers have the same name. `name`: empty for a
  /// unique default name.
  Model(Symbols inputs, Symbols outputs, std::string name = {});
  /// Constructs a model with one input and one output.
  Model(const SymbolicTensor<Scalar>& input, const SymbolicTensor<Scalar>& output, std::string name = {})
      : Model(Symbols{input}, Symbols{output}, std::move(name)) {}
  /// Constructs a model with one input and several outputs.
  Model(const SymbolicTensor<Scalar>& input, Symbols outputs, std::string name = {})
      : Model(Symbols{input}, std::move(outputs), std::move(name)) {}
  /// Constructs a model with several inputs and one output.
  Model(Symbols inputs, const SymbolicTensor<Scalar>& output, std::string name = {})
      : Model(std::move(inputs), Symbols{output}, std::move(name)) {}
  LAMINA_COLD Model(Model&& other) noexcept : Model() { *this = std::move(other); }
  Model& operator=(Model&& other) noexcept;
  ~Model() override;

  // ---- Topology

  LAMINA_COLD std::string class_name() const override {
    const char* name = topology_->class_name();
    return name == nullptr ? Layer<Scalar>::class_name() : name;
  }
  /// Returns the configuration of the layers and their connections, without weights, in Keras's format.
  LAMINA_COLD Config get_config() const override;
  /// Creates a functional model from a configuration of `get_config` or of Keras, with newly initialized weights.
  /// Throws ValueError for a configuration that is invalid or of a Sequential. `from_config` and `astype` are defined
  /// in models/model_from_config.hpp, which lamina.hpp includes.
  template <int = 0>  // a template, so that a program that compiles the class does not compile every layer with it
  static std::shared_ptr<Model> from_config(const Config& config);
  /// Returns a copy of the model that computes in another scalar type: same configuration, same weights, not compiled.
  /// Throws ValueError if a class of a layer is neither built-in nor registered for that scalar type.
  template <class Other>
  std::shared_ptr<Model<Other>> astype() const;

  /// Returns the symbolic inputs. Throws StateError for a subclass without a graph, and for a Sequential that is not
  /// built.
  Symbols inputs() const { return topology_->symbols(*this, "inputs", call_layers).inputs; }
  /// Returns the symbolic outputs. Throws StateError for a subclass without a graph, and for a Sequential that is not
  /// built.
  Symbols outputs() const { return topology_->symbols(*this, "outputs", call_layers).outputs; }
  /// Returns the names of the inputs, which are those of their layers. Data can be passed by these names.
  std::vector<std::string> input_names() const;
  /// Returns the names of the outputs, which are those of their layers. Targets, losses and metrics can be passed by
  /// these names.
  std::vector<std::string> output_names() const;
  /// Returns the layers, each once, including the InputLayers of a graph. The pointers own the layers that the model
  /// owns.
  virtual std::vector<std::shared_ptr<Layer<Scalar>>> layers() const { return topology_->model_layers(*this); }
  /// Returns the layer with a name, in this model or in nested models. Throws ValueError if there is none.
  Layer<Scalar>& get_layer(const std::string& name) const;
  /// Returns the layer at an index of `layers()`; negative indices count from the end. Throws ValueError if the index
  /// is out of range.
  Layer<Scalar>& get_layer(Index index) const;

  Tensor<Scalar> call(const Tensor<Scalar>& x) const override { return topology_->call(*this, x); }
  void build_many(const std::vector<Shape>& inputs) override {
    if (inputs.size() == 1) this->build(inputs.front());
  }
  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& inputs) const override {
    return topology_->call_many(*this, inputs);
  }
  Shape compute_output_shape(const Shape& input) const override { return this->compute_output_shapes({input}).front(); }
  std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) const override {
    return topology_->output_shapes(*this, inputs);
  }
  /// Returns an undefined tensor: the outputs of the inner layers already have their masks.
  Tensor<Scalar> compute_mask(const Tensor<Scalar>& x, const Tensor<Scalar>& mask) const override;
  /// Returns whether the model has several outputs. A subclass with several outputs overrides it and `call_many`.
  bool has_several_outputs() const override { return topology_->output_count() > 1; }

  // ---- Files

  /// Writes the configuration, the weights and the state of training to a file; see `save_model`. Keras: `Model.save`.
  template <int = 0>  // templates, so that only programs that call them compile them
  void save(const std::string& path) const;
  /// Writes all weights to a file; see `lamina::save_weights`.
  template <int = 0>
  void save_weights(const std::string& path) const;
  /// Reads all weights from a file; changes nothing if they do not match. See `lamina::load_weights`.
  template <int = 0>
  void load_weights(const std::string& path);
  /// Returns the configuration of the model, and of a compiled model the arguments of `compile`, as JSON that
  /// `model_from_json` and Keras read. Throws ValueError if a layer, loss or metric is a function. Defined in
  /// lamina/io/model_json.hpp. Keras: `Model.to_json`.
  template <int = 0>
  std::string to_json() const;

  // ---- Summaries

  /// Prints a table of the layers, their output shapes and numbers of parameters to stdout, in Keras's format; for a
  /// graph also the layers that each layer is connected to.
  void summary(const SummaryOptions& options = {}) const { std::fputs(summary_text(options).c_str(), stdout); }
  /// Returns the text that `summary` prints.
  std::string summary_text(const SummaryOptions& options = {}) const;

  /// Returns the graph of a functional model; null for other models.
  const detail::Graph<Scalar>* graph() const noexcept { return graph_.get(); }

 protected:
  const void* as_class(std::uint64_t key) const noexcept override {
    return key == detail::key_of_class<Model> ? this : nullptr;
  }

  // ---- For the trainer

  Model* callback_model() noexcept override { return this; }
  std::size_t known_input_count() const noexcept override { return topology_->input_count(); }
  std::vector<std::string> named_inputs() const override { return topology_->input_names(); }
  std::vector<std::string> named_outputs() const override { return topology_->output_names(); }
  bool computes_output_shapes() const noexcept override { return topology_->output_count() > 0; }
  /// Returns whether the class may override train_step or test_step: false for Model itself, true for subclasses and in
  /// programs without RTTI.
  bool may_override_steps() const noexcept override { return !detail::is_exactly<Model>(*this); }

  // ---- For Sequential

  /// Sets the topology, which is a member of the subclass.
  void set_topology(const detail::Topology<Scalar>& topology) noexcept { topology_ = &topology; }
  /// Appends the rows of `summary`, one per layer.
  LAMINA_COLD virtual void add_summary_rows(std::vector<std::vector<std::string>>& rows, const SummaryOptions& options,
                                            const std::string& indent) const;
  /// Appends the row of one layer, and the rows of its layers if it is a model and `expand_nested` is true.
  LAMINA_COLD static void add_summary_row(std::vector<std::vector<std::string>>& rows, const Layer<Scalar>& layer,
                                          const Shape& output, const SummaryOptions& options,
                                          const std::string& indent);
  /// Registers layers as sublayers; called after a move.
  void track_layers(const std::vector<std::shared_ptr<Layer<Scalar>>>& layers, bool built) {
    for (const auto& layer : layers) Layer<Scalar>::track(*layer);
    this->set_built(built);
  }
  using Layer<Scalar>::track;
  using Trainer<Scalar>::track;
  void check_inputs(const std::vector<Tensor<Scalar>>& inputs) const override {
    topology_->check_inputs(*this, inputs);
  }
  void check_input(const Shape& shape) const override {
    Layer<Scalar>::check_input(shape);
    topology_->check_input(shape);
  }

 private:
  friend class detail::Chain<Scalar>;
  friend class detail::UserCall<Scalar>;
  using Trainer<Scalar>::describe;

  /// Creates the symbolic tensors of a built Sequential, so that its layers have an `output`.
  void make_symbols(const char* action) const {
    if (topology_->output_count() > 0 && this->built()) topology_->symbols(*this, action, call_layers);
  }
  static Symbols call_layers(const std::vector<std::shared_ptr<Layer<Scalar>>>& layers, const Shape& input);

  const detail::Topology<Scalar>* topology_ = &detail::UserCall<Scalar>::instance();
  std::shared_ptr<const detail::Graph<Scalar>> graph_;  // if the topology is a graph
};

/// Deduces the scalar type from the symbolic tensors.
///@{
template <class S>
Model(SymbolicTensor<S>, SymbolicTensor<S>) -> Model<S>;
template <class S>
Model(SymbolicTensor<S>, SymbolicTensor<S>, std::string) -> Model<S>;
template <class S>
Model(std::vector<SymbolicTensor<S>>, std::vector<SymbolicTensor<S>>) -> Model<S>;
template <class S>
Model(std::initializer_list<SymbolicTensor<S>>, std::initializer_list<SymbolicTensor<S>>) -> Model<S>;
template <class S>
Model(std::initializer_list<SymbolicTensor<S>>, std::initializer_list<SymbolicTensor<S>>, std::string) -> Model<S>;
template <class S>
Model(SymbolicTensor<S>, std::initializer_list<SymbolicTensor<S>>) -> Model<S>;
template <class S>
Model(SymbolicTensor<S>, std::initializer_list<SymbolicTensor<S>>, std::string) -> Model<S>;
template <class S>
Model(std::initializer_list<SymbolicTensor<S>>, SymbolicTensor<S>) -> Model<S>;
template <class S>
Model(std::initializer_list<SymbolicTensor<S>>, SymbolicTensor<S>, std::string) -> Model<S>;
///@}

/// Creates a layer or model from a configuration {"class_name": ..., "config": {...}}, with newly initialized weights.
/// Throws ValueError for an unknown class or option, or an invalid configuration. Defined in
/// models/model_from_config.hpp. Keras: `keras.layers.deserialize`.
template <class S = float>
std::shared_ptr<Layer<S>> model_from_config(const Config& config);

}  // namespace lamina

#include "lamina/models/model_members.hpp"  // IWYU pragma: export
