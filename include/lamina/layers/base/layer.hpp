#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/core/call_context.hpp"
#include "lamina/core/list.hpp"
#include "lamina/core/warning.hpp"
#include "lamina/initializers/initializers.hpp"
#include "lamina/layers/base/call_options.hpp"
#include "lamina/layers/base/call_signature.hpp"
#include "lamina/layers/base/mask_registry.hpp"
#include "lamina/layers/base/naming.hpp"
#include "lamina/layers/base/symbolic_tensor.hpp"
#include "lamina/ops/ops.hpp"

namespace lamina {

namespace detail {
struct LayerCast;
}  // namespace detail

/// The base class of all layers: a function from input tensors to output tensors, with weights. Keras's
/// `keras.layers.Layer`.
///
/// A custom layer derives from it and overrides `build`, which creates the weights when the shape of the input is
/// known, and `call`, which computes the output. The gradient of `call` is computed by automatic differentiation.
///
///     struct SimpleDense : Layer<float> {
///       explicit SimpleDense(Index units) : units_(units) {}
///       void build(const Shape& input) override {
///         kernel_ = add_weight("kernel", {input.back(), units_}, RandomNormal());
///         bias_ = add_weight("bias", {units_}, "zeros");
///       }
///       Tensor<float> call(const Tensor<float>& x) const override { return matmul(x, kernel_) + bias_; }
///       Index units_;
///       Variable<float> kernel_, bias_;
///     };
///
/// The first call finds, builds and names the sublayers: the member layers that `call` calls. `call` is const: after
/// the first call the structure of a layer is fixed, and only its variables change. **Thread safety:** a built layer
/// can be called from several threads at once. A layer object must not be declared const, because its first call builds
/// it.
///
/// Errors: ShapeError if the shape of an input does not fit; ValueError for a wrong number of inputs.
template <class Scalar = float>
class Layer : private A_layer_is_not_copied_move_it_with_std_move_or_share_it_with_std_make_shared,
              public std::enable_shared_from_this<Layer<Scalar>> {
 public:
  using scalar_type = Scalar;         ///< Type of the elements: float or double.
  using TensorType = Tensor<Scalar>;  ///< Type of the inputs and outputs.
  using StrategyBase = Layer;         ///< Base class under which register_custom_object registers a custom layer.

  Layer() = default;
  LAMINA_COLD virtual ~Layer();
  /// Moves the weights and the name. The next call finds the sublayers among the moved members.
  LAMINA_COLD Layer(Layer&& other) noexcept { take(other); }
  /// As the move constructor.
  Layer& operator=(Layer&& other) noexcept {
    if (this != &other) {
      detach();
      take(other);
    }
    return *this;
  }

  // ---- Functions that a layer overrides ----

  /// Creates the weights with `add_weight` for inputs of this shape. The batch axis can be None. Called once.
  LAMINA_COLD virtual void build(const Shape& /*input*/) {}

  /// Computes the output. Its operations on tensors and variables are recorded for the backward pass.
  virtual Tensor<Scalar> call(const Tensor<Scalar>& x) const = 0;

  /// `build` for any number of inputs; graphs and `apply` call it. By default calls `build`, and throws a ValueError
  /// for several inputs. MultiInputLayer overrides it.
  virtual void build_many(const std::vector<Shape>& inputs) { build(only(inputs)); }
  /// `call` for any number of inputs and outputs; graphs and `apply` call it. Default: as for `build_many`.
  virtual std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& inputs) const {
    return {call(only(inputs))};
  }
  /// `compute_output_shape` for any number of inputs and outputs. Default: as for `build_many`.
  LAMINA_COLD virtual std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) const {
    return {compute_output_shape(only(inputs))};
  }

  /// Returns the mask of the output, given the mask of the input. Called if the input has a mask and the layer supports
  /// masking, or if the layer creates masks (`set_makes_masks`). Returns an undefined tensor for no mask. Default: the
  /// mask of the input.
  virtual Tensor<Scalar> compute_mask(const Tensor<Scalar>& x, const Tensor<Scalar>& mask) const {
    static_cast<void>(x);
    return mask;
  }
  /// Returns the masks of the outputs. Default: one mask, from `compute_mask` of the first input.
  virtual std::vector<Tensor<Scalar>> compute_masks(const std::vector<Tensor<Scalar>>& inputs,
                                                    const std::vector<Tensor<Scalar>>& masks) const {
    return {compute_mask(inputs.front(), masks.front())};
  }

  /// Returns the shape of the output for a shape of the input. By default calls the layer on a single sample.
  LAMINA_COLD virtual Shape compute_output_shape(const Shape& input) const { return dry_run({input}).front(); }

  /// Returns the class name in Keras's spelling, such as `Dense`. Default: the name of the C++ class.
  virtual std::string class_name() const { return detail::type_name_of(*this); }

  /// Returns the constructor arguments under Keras's names, from which `layer_from_config` constructs an equal layer. A
  /// custom layer either adds its arguments to the base class's configuration and reads them in a static
  /// `from_config(const Config&)`, or has a struct `Arguments` (see core/arguments.hpp) and returns
  /// `config_with(arguments)`.
  LAMINA_COLD virtual Config get_config() const;

  // ---- Calls ----

  /// Returns the output for one input. The first call builds the layer.
  Tensor<Scalar> operator()(const Tensor<Scalar>& x) const {
    if (!built_.load(std::memory_order_acquire)) [[unlikely]]
      return call_first(x);
    return call_built(x);
  }
  /// As above, with options: `layer(x, {.training = true})`.
  Tensor<Scalar> operator()(const Tensor<Scalar>& x, const CallOptions& options) const;
  /// Returns the output for several inputs: `Add()({a, b})`. Throws a ValueError if the layer has several outputs.
  template <std::same_as<Tensor<Scalar>> T>
  Tensor<Scalar> operator()(std::initializer_list<T> inputs, const CallOptions& options = {}) const {
    return only_output(apply(std::vector<T>(inputs), options));
  }
  /// Returns all outputs for any number of inputs: `lstm.apply({x, h, c})`.
  std::vector<Tensor<Scalar>> apply(const std::vector<Tensor<Scalar>>& inputs, const CallOptions& options = {}) const;

  /// Adds the layer to a graph and returns its symbolic output; see Model. Builds the layer for the shape of the input.
  /// **Ownership:** the graph refers to the layer, which must outlive it, unless a std::shared_ptr owns the layer.
  SymbolicTensor<Scalar> operator()(const SymbolicTensor<Scalar>& x, const CallOptions& options = {}) const&;
  /// As above, for several inputs and one output.
  template <std::same_as<SymbolicTensor<Scalar>> T>
  SymbolicTensor<Scalar> operator()(std::initializer_list<T> inputs, const CallOptions& options = {}) const& {
    return only_output(apply(std::vector<T>(inputs), options));
  }
  /// As above, for any number of inputs and outputs, and masks that are tensors of the graph.
  LAMINA_COLD std::vector<SymbolicTensor<Scalar>> apply(const std::vector<SymbolicTensor<Scalar>>& inputs,
                                                        const CallOptions& options = {},
                                                        const SymbolicMasks<Scalar>& masks = {}) const;
  /// A temporary layer cannot be called on a symbolic tensor, which would outlive it: write `x | Dense(10)`.
  void operator()(const SymbolicTensor<Scalar>&,
                  A_temporary_layer_cannot_be_called_on_a_symbolic_tensor_write_x_pipe_layer = {}) const&& = delete;

  /// Returns the symbolic output of the layer's call, for example to end another model at a layer of a model. Throws a
  /// StateError unless the layer was called once on symbolic tensors and has one output. Keras's `layer.output`.
  SymbolicTensor<Scalar> output() const;

  /// Builds the layer and its sublayers for an input of this shape, unless the layer is already built.
  LAMINA_COLD void ensure_built(const Shape& input) const { build_for({input}); }
  /// As above, for several inputs.
  template <std::same_as<std::vector<Shape>> Shapes>  // a template, so that braces mean one shape
  void ensure_built(const Shapes& inputs) const {
    build_for(inputs);
  }
  /// True after the first call.
  bool built() const noexcept { return built_.load(std::memory_order_acquire); }
  /// Returns the shape of the first input for which the layer was built, with batch axis None.
  const Shape& build_shape() const noexcept { return build_shape_; }

  // ---- Names and weights ----

  /// Returns the name: the one that was set, or an automatic one from the class name, `dense`, `dense_1`, ...
  const std::string& name() const;
  /// Sets the name; an empty name stands for an automatic one.
  void set_name(std::string name) { name_ = std::move(name); }
  /// True if the name was set or is already generated. `name` generates it on its first call.
  bool name_given() const noexcept { return !name_.empty(); }

  /// Returns all weights: the layer's own, trainable ones first, then those of its sublayers.
  std::vector<Variable<Scalar>> variables() const;
  std::vector<Variable<Scalar>> weights() const { return variables(); }  ///< As `variables`.
  /// Returns the layer's own weights without those of its sublayers: trainable ones first.
  std::vector<Variable<Scalar>> own_variables() const;
  std::vector<Variable<Scalar>> trainable_variables() const;      ///< Returns the weights that training changes.
  std::vector<Variable<Scalar>> non_trainable_variables() const;  ///< Returns the weights that training keeps.
  LAMINA_COLD Index count_params() const;                         ///< Returns the number of elements of all weights.
  /// Returns the values of all weights, in the order of `variables()`. Later training does not change them.
  std::vector<Tensor<Scalar>> get_weights() const;
  /// Sets all weights, in the order of `variables()`. Throws a ValueError for a wrong number of tensors, a ShapeError
  /// for a wrong shape; in both cases no weight is changed.
  void set_weights(const std::vector<Tensor<Scalar>>& values);

  /// True if the layer uses the masks of its inputs or passes them to its outputs.
  bool supports_masking() const noexcept { return supports_masking_; }
  /// True if training changes the weights. Default: true.
  bool trainable() const noexcept { return trainable_; }
  /// Sets `trainable` of this layer and its sublayers. Call it before `compile`: a model that was compiled before warns
  /// when it is trained.
  LAMINA_COLD void set_trainable(bool trainable);

  /// Returns the parameters of Keras's `call`, for the configurations of graphs; see detail::parameters_of.
  virtual const char* call_signature() const noexcept {
    return "inputs|x|sequences|sequence|data|input... mask? training?";
  }
  /// Returns the arguments of a call with these tensors as Keras writes them: {"args": [...], "kwargs": {...}}.
  virtual Config call_config(std::vector<Config> tensors) const;
  /// Returns Keras's module if the class is one of Keras's operations; null for layers.
  virtual const char* module() const noexcept { return nullptr; }

  /// Returns the sublayers, in the order of their first call.
  const List<Layer*>& sublayers() const noexcept { return children_; }

  /// Returns the terms that are added to the loss of `compile`, as tensors of rank 0: the penalties of the weights'
  /// regularizers, and the tensors passed to `add_loss` in the last call on this thread.
  std::vector<Tensor<Scalar>> losses() const;
  /// Calls `f` with each tensor that this layer or a sublayer passed to `add_loss` in the last call on this thread.
  template <class F>
  void added_losses(const F& f) const {
    for (const auto& [owner, loss] : recorded_losses())
      if (owner == this || contains(owner)) f(loss);
  }

 protected:
  /// Returns the base class's configuration with these arguments added.
  template <class Arguments>
  LAMINA_COLD Config config_with(const Arguments& arguments) const {
    ArgumentWriter writer(Layer::get_config());
    Arguments::fields(arguments, writer);
    return std::move(writer).take();
  }

  /// In `build`: creates a weight. Throws a StateError after `build`, a ValueError if the layer has a weight of this
  /// name, and a ShapeError if the shape has an axis None.
  LAMINA_COLD Variable<Scalar> add_weight(const std::string& name, const Shape& shape,
                                          const Initializer& initializer = Initializer::of<GlorotUniform>(),
                                          WeightOptions<Scalar> options = {});

  /// In `build`: lists a sublayer's weight among this layer's own weights, which come first in `variables`.
  void track_weight(const Variable<Scalar>& weight) { own_.push_back({weight, weight.trainable()}); }

  /// In `call`: adds a tensor with one element to the loss of `compile`. Throws a ShapeError for other sizes.
  void add_loss(const Tensor<Scalar>& loss) const;

  /// In `call`: adds the penalty of an activity regularizer on the output, divided by the batch size as in Keras.
  void add_activity_loss(const typename Variable<Scalar>::Function& penalty, const Tensor<Scalar>& y) const {
    if (penalty) [[unlikely]]
      add_penalty(penalty, y);
  }

  /// Adds a layer, which this layer owns through a pointer, to the sublayers. Call it before the first call of the
  /// layer.
  LAMINA_COLD void track(const Layer& sublayer) { adopt(const_cast<Layer&>(sublayer)); }
  void untrack(const Layer& sublayer);  ///< Removes a layer from the sublayers.

  /// Sets the shapes of inputs that a call accepts.
  void set_input_spec(InputSpec spec) { spec_ = spec; }
  /// In the constructor: true if the layer uses the masks of its inputs or passes them to its outputs. Otherwise the
  /// outputs have no mask, and a masked input gives a warning. Default: false.
  void set_supports_masking(bool supports) { supports_masking_ = supports; }
  /// In the constructor: `compute_mask` is also called if no input has a mask.
  void set_makes_masks() { makes_masks_ = supports_masking_ = true; }
  /// In `call`: returns the mask of an input; an undefined tensor if it has none.
  Tensor<Scalar> mask_of(const Tensor<Scalar>& x) const { return MaskRegistry<Scalar>::find(x); }
  /// In `call`: returns the options of the call.
  const CallOptions& call_options() const;
  /// Returns the shapes of the outputs, computed by a call on single samples.
  LAMINA_COLD std::vector<Shape> dry_run(const std::vector<Shape>& inputs) const;
  /// In `build`: true if a first call or `ensure_built` calls it, false if the user calls it directly.
  bool in_first_call() const noexcept { return Frame::innermost() != nullptr && &Frame::innermost()->layer == this; }
  /// Marks the layer as built, for containers whose layers are already built.
  LAMINA_COLD void mark_built(const Shape& input) {
    build_shape_ = input;
    weights_made_ = true;
    set_built(true);
  }
  /// Sets `built`, for the move constructors of containers, which track their layers again.
  void set_built(bool built) noexcept { built_.store(built, std::memory_order_release); }
  /// Resets the layer to the state before `build`, for containers whose structure changes.
  LAMINA_COLD void reset_built() noexcept {
    built_.store(false, std::memory_order_release);
    weights_made_ = false;
  }
  /// Returns the beginning of an error text, `Dense "fc1", build: `; an empty string if the error adds it itself.
  std::string where(const char* action) const {
    return ErrorScope::where().empty() ? describe(this, action) + ": " : std::string();
  }
  /// Throws an error if the inputs of a call do not fit. By default checks a single input by `check_input`; `call_many`
  /// checks the number of inputs.
  virtual void check_inputs(const std::vector<Tensor<Scalar>>& inputs) const {
    if (inputs.size() == 1) check_input(inputs.front().shape());
  }
  /// Throws a ShapeError if the shape of an input does not fit the InputSpec.
  virtual void check_input(const Shape& shape) const {
    const bool fits = (spec_.rank < 0 || shape.rank() == spec_.rank) &&
                      (spec_.min_rank < 0 || shape.rank() >= spec_.min_rank) &&
                      (spec_.last == unknown_size || (shape.rank() > 0 && shape.end()[-1] == spec_.last));
    if (!fits) [[unlikely]]
      raise_unfit(shape);
  }

  /// Returns the object as the class of this key, converted to void; null if it is of another class. The classes that
  /// detail::layer_cast can find override it.
  virtual const void* as_class(std::uint64_t /*key*/) const noexcept { return nullptr; }

 private:
  template <class>
  friend class Layer;
  friend struct detail::LayerCast;
  struct OwnWeight {
    Variable<Scalar> variable;
    bool trainable;  // as created: the value that set_trainable(true) restores
  };
  struct RecordedLoss {
    const Layer* owner;
    Tensor<Scalar> loss;
  };

  struct Frame;  // see layer_frame.hpp

  LAMINA_COLD static std::string describe(const void* subject, const char* action);
  static List<RecordedLoss>& recorded_losses() { return detail::PerThread<List<RecordedLoss>>::get(); }
  [[noreturn]] LAMINA_COLD void raise_unfit(const Shape& shape) const;
  /// Throws an error if a mask of the call options fits neither the leading nor the last axes of its input.
  void check_masks(const std::vector<Tensor<Scalar>>& inputs, const CallMasks& masks) const;
  LAMINA_NOINLINE void add_penalty(const typename Variable<Scalar>::Function& penalty, const Tensor<Scalar>& y) const {
    add_loss(penalty(y) / static_cast<Scalar>(std::max<Index>(1, y.shape().front())));
  }

  LAMINA_COLD static std::recursive_mutex& building() {
    static auto& mutex = *new std::recursive_mutex;  // never destroyed: destructors of static objects may build layers
    return mutex;
  }
  LAMINA_COLD void build_for(const std::vector<Shape>& inputs) const;
  Tensor<Scalar> call_built(const Tensor<Scalar>& x) const {
    const Frame frame(*this, "call", nullptr);
    check_input(x.shape());
    Tensor<Scalar> y = call(x);
    if (MaskRegistry<Scalar>::any() || makes_masks_) [[unlikely]]
      pass_mask(x, y);
    return y;
  }
  LAMINA_NOINLINE Tensor<Scalar> call_first(const Tensor<Scalar>& x) const {
    return const_cast<Layer*>(this)->first_call({x}, nullptr).front();
  }
  void pass_mask(const Tensor<Scalar>& x, const Tensor<Scalar>& y) const { pass_masks({x}, {y}); }
  LAMINA_COLD std::vector<Tensor<Scalar>> first_call(const std::vector<Tensor<Scalar>>& inputs,
                                                     const CallOptions* options);

  /// Attaches the masks of `compute_masks` to the outputs. An output that has a mask from a sublayer keeps it.
  void pass_masks(const std::vector<Tensor<Scalar>>& inputs, const std::vector<Tensor<Scalar>>& outputs) const;
  template <class T>
  const T& only(const std::vector<T>& inputs) const {
    if (inputs.size() != 1) [[unlikely]]
      raise<ValueError>(where("call"), "expected one input, got ", inputs.size());
    return inputs.front();
  }
  template <class T>
  T only_output(std::vector<T> outputs) const {
    if (outputs.size() != 1) raise_outputs(outputs.size());
    return std::move(outputs.front());
  }
  [[noreturn]] void raise_outputs(std::size_t count) const;
  LAMINA_COLD static std::vector<Tensor<Scalar>> single_samples(const std::vector<Shape>& shapes, Index variation = 0);

  LAMINA_COLD void adopt(Layer& child);
  bool contains(const Layer* layer) const;
  using Keep = bool (*)(const Variable<Scalar>&);
  std::vector<Variable<Scalar>> collect(Keep keep) const;
  void collect_into(std::vector<Variable<Scalar>>& all, Keep keep) const;

  LAMINA_COLD void detach() noexcept;
  LAMINA_COLD void take(Layer& other) noexcept;

  mutable std::string name_;
  List<OwnWeight> own_;
  List<Layer*> children_, parents_;
  mutable std::shared_ptr<detail::LayerAnchor<Scalar>> anchor_;  // created when the layer is first added to a graph
  InputSpec spec_;
  Shape build_shape_;
  bool trainable_ = true;
  bool weights_made_ = false;
  bool supports_masking_ = false, makes_masks_ = false;
  mutable std::atomic<bool> mask_lost_{false};
  std::atomic<bool> built_{false};
};

/// Constructs the layer that a configuration describes; defined in layers/layers.hpp, which lists all layers.
template <class S = float>
std::shared_ptr<Layer<S>> layer_from_config(const Config& config);

}  // namespace lamina

#include "lamina/layers/base/layer_cast.hpp"     // IWYU pragma: export
#include "lamina/layers/base/layer_frame.hpp"    // IWYU pragma: export
#include "lamina/layers/base/layer_members.hpp"  // IWYU pragma: export
