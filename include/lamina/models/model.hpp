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

/// The options of `summary`.
struct SummaryOptions {
  bool expand_nested = false;  ///< If true, also lists the layers of nested models. Default: false.
};

/// A trainable model: a layer with the compile, fit, evaluate and predict of Trainer. Keras's Model.
///
/// Build one in three ways: as a graph from symbolic inputs to outputs (the functional API),
///
///     auto x = Input({784});
///     auto y = x | Dense(128, "relu") | Dense(10, "softmax");
///     Model model(x, y);
///
/// as a subclass that overrides `call`, or as a Sequential chain. Ownership: a graph refers to layers passed as
/// lvalues, which must outlive the model; temporaries and shared pointers are owned by it.
template <class Scalar = float>
class Model : public Layer<Scalar>, public Trainer<Scalar> {
 public:
  using Symbols = std::vector<SymbolicTensor<Scalar>>;

  /// For subclasses.
  Model() : Trainer<Scalar>(static_cast<Layer<Scalar>&>(*this)) { this->set_supports_masking(true); }
  /// The graph between inputs and outputs. An input that no output depends on is part of it, and its data are ignored.
  /// Throws ValueError, which names the layers, if an output depends on an input that is not given, or an input is
  /// given twice.
  Model(Symbols inputs, Symbols outputs, std::string name = {});
  Model(const SymbolicTensor<Scalar>& input, const SymbolicTensor<Scalar>& output, std::string name = {})
      : Model(Symbols{input}, Symbols{output}, std::move(name)) {}
  Model(const SymbolicTensor<Scalar>& input, Symbols outputs, std::string name = {})
      : Model(Symbols{input}, std::move(outputs), std::move(name)) {}
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
  /// Returns the configuration of the graph, without weights, in Keras's format.
  LAMINA_COLD Config get_config() const override;
  /// Returns a new model from a configuration of `get_config`, or of Keras; its weights are newly initialized. This and
  /// `astype` are defined in models/model_from_config.hpp, which lamina.hpp includes.
  template <int = 0>  // a template, so that a program that compiles the class does not compile every layer with it
  static std::shared_ptr<Model> from_config(const Config& config);
  /// Returns a model with the same configuration and weights that computes in another scalar type. It is not compiled.
  /// Its layers' classes must be lamina's, or registered for that scalar type.
  template <class Other>
  std::shared_ptr<Model<Other>> astype() const;

  /// Return the symbolic tensors of the inputs and outputs. Those of a Sequential are made by the first call. Throw
  /// StateError for a subclass, or if a Sequential is not built.
  Symbols inputs() const { return topology_->symbols(*this, "inputs", call_in_turn).inputs; }
  Symbols outputs() const { return topology_->symbols(*this, "outputs", call_in_turn).outputs; }
  /// Return the names of the layers that they belong to, by which data, losses and metrics may be given.
  std::vector<std::string> input_names() const;
  std::vector<std::string> output_names() const;
  /// Returns the layers, with those of the inputs, each once. The pointers do not own layers that the model does not
  /// own.
  virtual std::vector<std::shared_ptr<Layer<Scalar>>> layers() const { return topology_->model_layers(*this); }
  /// Returns the layer of this name, of the model or of the models inside. Throws ValueError if there is none.
  Layer<Scalar>& get_layer(const std::string& name) const;
  /// Returns the layer at this index of `layers()`; negative indices count from the end.
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
  /// Returns an undefined tensor: the layers inside pass masks on.
  Tensor<Scalar> compute_mask(const Tensor<Scalar>& x, const Tensor<Scalar>& mask) const override;
  /// Returns whether a call has several outputs. A subclass whose call does overrides it, and `call_many`.
  bool has_several_outputs() const override { return topology_->output_count() > 1; }

  // ---- Files

  /// Writes the model to a file, in the format of its extension. See save_model.
  template <int = 0>  // templates, so that only programs that call them compile them
  void save(const std::string& path) const;
  /// Writes all weights to a file. See lamina::save_weights.
  template <int = 0>
  void save_weights(const std::string& path) const;
  /// Reads all weights from a file; changes nothing if they do not fit. See lamina::load_weights.
  template <int = 0>
  void load_weights(const std::string& path);

  // ---- Summaries

  /// Prints Keras's table of layers, output shapes and numbers of weights to the standard output; for a graph with the
  /// layers that each one is connected to.
  void summary(const SummaryOptions& options = {}) const { std::fputs(summary_text(options).c_str(), stdout); }
  /// Returns the text that `summary` prints.
  std::string summary_text(const SummaryOptions& options = {}) const;

  /// Returns the graph of symbolic inputs and outputs; null for other models.
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
  /// Returns whether the class may override train_step or test_step: false for lamina's own classes, true if the
  /// program is built without RTTI.
  bool may_override_steps() const noexcept override { return !detail::is_exactly<Model>(*this); }

  // ---- For Sequential

  /// Sets the topology, a member of the subclass.
  void set_topology(const detail::Topology<Scalar>& topology) noexcept { topology_ = &topology; }
  /// Adds the rows of `summary`: one per layer.
  LAMINA_COLD virtual void add_summary_rows(std::vector<std::vector<std::string>>& rows, const SummaryOptions& options,
                                            const std::string& indent) const;
  LAMINA_COLD static void add_summary_row(std::vector<std::vector<std::string>>& rows, const Layer<Scalar>& layer,
                                          const Shape& output, const SummaryOptions& options,
                                          const std::string& indent);
  /// After a move: tracks the layers that the model holds by pointers.
  void track_again(const std::vector<std::shared_ptr<Layer<Scalar>>>& layers, bool built) {
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

  /// Makes the symbolic tensors of a built chain, so that its layers have outputs.
  void make_symbols(const char* action) const {
    if (topology_->output_count() > 0 && this->built()) topology_->symbols(*this, action, call_in_turn);
  }
  static Symbols call_in_turn(const std::vector<std::shared_ptr<Layer<Scalar>>>& layers, const Shape& input);

  const detail::Topology<Scalar>* topology_ = &detail::UserCall<Scalar>::instance();
  std::shared_ptr<const detail::Graph<Scalar>> graph_;  // if the topology is a graph
};

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

/// Returns the layer or model that a configuration describes. It is defined in models/model_from_config.hpp.
template <class S = float>
std::shared_ptr<Layer<S>> model_from_config(const Config& config);

}  // namespace lamina

#include "lamina/models/model_members.hpp"  // IWYU pragma: export
