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
#include "lamina/layers/base/mask_memory.hpp"
#include "lamina/layers/base/naming.hpp"
#include "lamina/layers/base/symbolic_tensor.hpp"
#include "lamina/ops/ops.hpp"

namespace lamina {

namespace detail {
struct LayerCast;
}  // namespace detail

/// The base of all layers: weights, and how an output is computed from an input with them. Keras's Layer.
///
/// To write one, derive and give `build`, which makes the weights once the input's shape is known, and `call`, which
/// computes. Neither needs a gradient: what `call` does is differentiated by the tape.
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
/// Layers held as members and called inside `call` are found at the first call, built, named and tracked. `call` is
/// const: after the first call a layer's structure is fixed, and what changes lives in its variables. A layer object
/// must not be declared const, as its first call builds it; a built one may be called from several threads at once.
template <class Scalar = float>
class Layer : private A_layer_is_not_copied__move_it_with_std_move__or_share_it_with_std_make_shared,
              public std::enable_shared_from_this<Layer<Scalar>> {
 public:
  using scalar_type = Scalar;
  using TensorType = Tensor<Scalar>;
  using StrategyBase = Layer;

  Layer() = default;
  LAMINA_COLD virtual ~Layer();
  /// A moved layer keeps its weights; the layers among its members are found again at its next call.
  LAMINA_COLD Layer(Layer&& other) noexcept { take(other); }
  Layer& operator=(Layer&& other) noexcept {
    if (this != &other) {
      detach();
      take(other);
    }
    return *this;
  }

  // ---- What a layer gives
  // -----------------------------------------------------------------------------------------------

  /// Makes the weights, with `add_weight`, for inputs of this shape; the batch axis may be None. Called once.
  LAMINA_COLD virtual void build(const Shape& /*input*/) {}

  /// Computes the output. Operations on tensors and variables are differentiated by themselves.
  virtual Tensor<Scalar> call(const Tensor<Scalar>& x) const = 0;

  /// The general forms of `build`, `call` and `compute_output_shape`, for any number of inputs and outputs, through which
  /// graphs and `apply` go. By default they call the forms for one input, and raise a ValueError for several; a
  /// MultiInputLayer overrides them.
  virtual void build_many(const std::vector<Shape>& inputs) { build(only(inputs)); }
  virtual std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& inputs) const {
    return {call(only(inputs))};
  }
  LAMINA_COLD virtual std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) const {
    return {compute_output_shape(only(inputs))};
  }

  /// The output's mask, where the input has one and the layer supports masking (or makes masks); undefined: none.
  virtual Tensor<Scalar> compute_mask(const Tensor<Scalar>& x, const Tensor<Scalar>& mask) const {
    static_cast<void>(x);
    return mask;
  }
  /// The masks of all outputs; by default that of the first.
  virtual std::vector<Tensor<Scalar>> compute_masks(const std::vector<Tensor<Scalar>>& inputs,
                                                    const std::vector<Tensor<Scalar>>& masks) const {
    return {compute_mask(inputs.front(), masks.front())};
  }

  /// The output's shape for an input's; by default found by a call on a single sample.
  LAMINA_COLD virtual Shape compute_output_shape(const Shape& input) const { return dry_run({input}).front(); }

  /// The class's name as Keras spells it: `Dense`. By default that of the C++ type.
  virtual std::string class_name() const { return detail::type_name_of(*this); }

  /// The arguments under Keras's names, from which `layer_from_config` makes a layer like this one. A layer of one's
  /// own with arguments adds them to what the base gives, and takes them in a static `from_config(const Config&)`, or
  /// has a struct `Arguments` (see core/arguments.hpp) and gives `config_with(arguments)`.
  LAMINA_COLD virtual Config get_config() const;

  // ---- Calling
  // ----------------------------------------------------------------------------------------------------------

  /// Calls the layer; the first call builds it.
  Tensor<Scalar> operator()(const Tensor<Scalar>& x) const {
    if (!built_.load(std::memory_order_acquire)) [[unlikely]]
      return call_first(x);
    return call_built(x);
  }
  Tensor<Scalar> operator()(const Tensor<Scalar>& x, const CallOptions& options) const;
  /// Several inputs and one output: `Add()({a, b})`.
  template <std::same_as<Tensor<Scalar>> T>
  Tensor<Scalar> operator()(std::initializer_list<T> inputs, const CallOptions& options = {}) const {
    return only_output(apply(std::vector<T>(inputs), options));
  }
  /// Any number of inputs and outputs: `lstm.apply({x, h, c})`.
  std::vector<Tensor<Scalar>> apply(const std::vector<Tensor<Scalar>>& inputs, const CallOptions& options = {}) const;

  /// Draws the layer into a graph: the output stands for what it will compute, see Model. The layer is built for the
  /// input's shape. It is not copied: it must live as long as what is made of the output, or be a std::shared_ptr's.
  SymbolicTensor<Scalar> operator()(const SymbolicTensor<Scalar>& x, const CallOptions& options = {}) const&;
  template <std::same_as<SymbolicTensor<Scalar>> T>
  SymbolicTensor<Scalar> operator()(std::initializer_list<T> inputs, const CallOptions& options = {}) const& {
    return only_output(apply(std::vector<T>(inputs), options));
  }
  LAMINA_COLD std::vector<SymbolicTensor<Scalar>> apply(const std::vector<SymbolicTensor<Scalar>>& inputs,
                                                        const CallOptions& options = {},
                                                        const SymbolicMasks<Scalar>& masks = {}) const;
  void operator()(const SymbolicTensor<Scalar>&, A_temporary_cannot_be_drawn__write_x_pipe_layer = {}) const&& = delete;

  /// What the layer's call on a symbolic tensor gave: from inside a model, to make another that ends here. Keras's
  /// `layer.output`.
  SymbolicTensor<Scalar> output() const;

  /// Builds the layer, and the layers inside it, for inputs of these shapes, unless it is built.
  LAMINA_COLD void ensure_built(const Shape& input) const { build_for({input}); }
  template <std::same_as<std::vector<Shape>> Shapes>  // a template, so that braces mean one shape
  void ensure_built(const Shapes& inputs) const {
    build_for(inputs);
  }
  bool built() const noexcept { return built_.load(std::memory_order_acquire); }
  /// The input's shape that the layer was built for, the batch axis None.
  const Shape& build_shape() const noexcept { return build_shape_; }

  // ---- Names and weights
  // ------------------------------------------------------------------------------------------------

  /// Given, or made from the class's name and counted: `dense`, `dense_1`. An empty one counts as none given.
  const std::string& name() const;
  void set_name(std::string name) { name_ = std::move(name); }
  /// Whether the layer has a name already, given or made. A name is made when it is first asked for.
  bool name_given() const noexcept { return !name_.empty(); }

  /// All weights: the layer's own, trainable ones first, then those of the layers inside it.
  std::vector<Variable<Scalar>> variables() const;
  std::vector<Variable<Scalar>> weights() const { return variables(); }
  std::vector<Variable<Scalar>> trainable_variables() const;
  std::vector<Variable<Scalar>> non_trainable_variables() const;
  /// How many numbers the weights hold.
  LAMINA_COLD Index count_params() const;
  /// The values of all weights, in the order of `variables()`; handles, unchanged by later training.
  std::vector<Tensor<Scalar>> get_weights() const;
  /// Sets all weights; every shape is checked before any is changed.
  void set_weights(const std::vector<Tensor<Scalar>>& values);

  bool supports_masking() const noexcept { return supports_masking_; }
  /// Whether training changes the layer. Setting it does the same for the layers inside. Set it before `compile`: a
  /// compiled model warns when it is trained.
  bool trainable() const noexcept { return trainable_; }
  LAMINA_COLD void set_trainable(bool trainable);

  /// What the call takes, by Keras's names, for configurations of graphs; see detail::parameters_of.
  virtual const char* call_signature() const noexcept {
    return "inputs|x|sequences|sequence|data|input... mask? training?";
  }
  /// The arguments of a call with these tensors, {"args": [...], "kwargs": {...}}, as Keras writes it.
  virtual Config call_config(std::vector<Config> tensors) const;
  /// Keras's module, for classes that are operations; null for layers.
  virtual const char* module() const noexcept { return nullptr; }

  /// The layers inside this one, in the order of their first call.
  const List<Layer*>& sublayers() const noexcept { return children_; }

  /// What is minimized beside the loss of `compile`: what the weights' regularizers give now, and what `add_loss` gave
  /// in the last call on this thread; tensors of rank 0.
  std::vector<Tensor<Scalar>> losses() const;
  /// Calls `f` with each tensor given to `add_loss` in the last call on this thread, by this layer or those inside it.
  template <class F>
  void added_losses(const F& f) const {
    for (const auto& [owner, loss] : recorded_losses())
      if (owner == this || contains(owner)) f(loss);
  }

 protected:
  /// What every layer's configuration has, and these arguments.
  template <class Arguments>
  LAMINA_COLD Config config_with(const Arguments& arguments) const {
    ArgumentWriter writer(Layer::get_config());
    Arguments::fields(arguments, writer);
    return std::move(writer).take();
  }

  /// Makes a weight. Only in `build`; names are unique inside a layer.
  LAMINA_COLD Variable<Scalar> add_weight(const std::string& name, const Shape& shape,
                                          const Initializer& initializer = Initializer::of<GlorotUniform>(),
                                          WeightOptions<Scalar> options = {});

  /// In `build`: counts a weight of a layer inside among the layer's own, which come first.
  void share_weight(const Variable<Scalar>& weight) { own_.push_back({weight, weight.trainable()}); }

  /// In `call`: adds a tensor of rank 0 to what is minimized, beside the loss of `compile`.
  void add_loss(const Tensor<Scalar>& loss) const;

  /// In `call`: what an activity regularizer says of the output. As Keras has it, the penalty is that of the mean
  /// sample.
  void add_activity_loss(const typename Variable<Scalar>::Function& penalty, const Tensor<Scalar>& y) const {
    if (penalty) [[unlikely]]
      add_penalty(penalty, y);
  }

  /// Names a layer held elsewhere (by a shared pointer) as one inside this one, before the first call finds it.
  LAMINA_COLD void track(const Layer& sublayer) { adopt(const_cast<Layer&>(sublayer)); }
  void untrack(const Layer& sublayer);

  void set_input_spec(InputSpec spec) { spec_ = spec; }
  /// In the constructor: masks of the inputs are heeded or passed on. Without it a mask ends here, with a warning.
  void set_supports_masking(bool supports) { supports_masking_ = supports; }
  /// In the constructor: `compute_mask` is asked also where no input has a mask.
  void set_makes_masks() { makes_masks_ = supports_masking_ = true; }
  /// In `call`: the mask that an input carries; undefined where it has none.
  Tensor<Scalar> mask_of(const Tensor<Scalar>& x) const { return MaskMemory<Scalar>::find(x); }
  /// In `call`: what was said with the call.
  const CallOptions& call_options() const;
  /// The outputs' shapes, found by a call on single samples.
  LAMINA_COLD std::vector<Shape> dry_run(const std::vector<Shape>& inputs) const;
  /// Whether `build` runs because of a first call (or `ensure_built`), rather than called by a user.
  bool in_first_call() const noexcept { return Frame::innermost() != nullptr && &Frame::innermost()->layer == this; }
  /// For containers whose layers are built already.
  LAMINA_COLD void mark_built(const Shape& input) {
    build_shape_ = input;
    weights_made_ = true;
    keep_built(true);
  }
  /// In a container's move constructor, when it has tracked its layers again: it stays as it was.
  void keep_built(bool built) noexcept { built_.store(built, std::memory_order_release); }
  /// Takes the layer back to the state before `build`: for containers whose structure changes.
  LAMINA_COLD void reset_built() noexcept {
    built_.store(false, std::memory_order_release);
    weights_made_ = false;
  }
  /// `Dense "fc1", build: ` for errors raised by hand.
  std::string where(const char* action) const {
    return ErrorScope::where().empty() ? describe(this, action) + ": " : std::string();
  }
  /// Raises an error for inputs that do not fit. By default a single input must fit the InputSpec; `call_many` knows how
  /// many inputs it takes.
  virtual void check_inputs(const std::vector<Tensor<Scalar>>& inputs) const {
    if (inputs.size() == 1) check_input(inputs.front().shape());
  }
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
    bool trainable;  // as it was created: what unfreezing goes back to
  };
  struct RecordedLoss {
    const Layer* owner;
    Tensor<Scalar> loss;
  };

  // Which layers are being called on this thread: for errors, and to find the layers inside a layer.
  struct Frame {
    Frame(const Layer& l, const char* action, const CallOptions* said) noexcept
        : layer(l), options(said), parent(innermost()), error(describe, &l, action) {
      if (parent == nullptr)
        begin_outermost();
      else if (parent->finding)
        const_cast<Layer&>(parent->layer).adopt(const_cast<Layer&>(l));
      innermost() = this;
    }
    ~Frame() { innermost() = parent; }
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;
    static Frame*& innermost() noexcept {
      static constinit thread_local Frame* frame = nullptr;
      return frame;
    }
    static void begin_outermost() noexcept {
      recorded_losses().clear();
      if (MaskMemory<Scalar>::any()) MaskMemory<Scalar>::forget_unused();
    }
    const Layer& layer;
    const CallOptions* options;
    Frame* parent;
    ErrorScope error;
    bool finding = false;
  };

  LAMINA_COLD static std::string describe(const void* subject, const char* action);
  static List<RecordedLoss>& recorded_losses() { return detail::PerThread<List<RecordedLoss>>::get(); }
  [[noreturn]] LAMINA_COLD void raise_unfit(const Shape& shape) const;
  /// Raises an error for masks given with a call that fit neither the leading nor the last axes of their inputs.
  void check_masks(const std::vector<Tensor<Scalar>>& inputs, const GivenMasks& masks) const;
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
    if (MaskMemory<Scalar>::any() || makes_masks_) [[unlikely]]
      pass_mask(x, y);
    return y;
  }
  LAMINA_NOINLINE Tensor<Scalar> call_first(const Tensor<Scalar>& x) const {
    return const_cast<Layer*>(this)->first_call({x}, nullptr).front();
  }
  void pass_mask(const Tensor<Scalar>& x, const Tensor<Scalar>& y) const { pass_masks({x}, {y}); }
  LAMINA_COLD std::vector<Tensor<Scalar>> first_call(const std::vector<Tensor<Scalar>>& inputs,
                                                     const CallOptions* options);

  /// Gives the outputs the masks that follow from those of the inputs. What has one already, from a layer inside, keeps
  /// it.
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
  mutable std::shared_ptr<detail::LayerAnchor<Scalar>> anchor_;  // made when the layer is first drawn into a graph
  InputSpec spec_;
  Shape build_shape_;
  bool trainable_ = true;
  bool weights_made_ = false;
  bool supports_masking_ = false, makes_masks_ = false;
  mutable std::atomic<bool> mask_lost_{false};
  std::atomic<bool> built_{false};
};

namespace detail {

/// The key of a class that layer_cast can find: the class's name, hashed. An address would differ between libraries.
consteval std::uint64_t class_key(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<std::uint64_t>(c)) * 0x100000001b3U;
  return hash;
}
/// The key of T, which a class that layer_cast can find specializes.
template <class T>
inline constexpr std::uint64_t key_of_class = 0;

struct LayerCast {
  template <class T, class S>
  static const T* cast(const Layer<S>& layer) noexcept {
    static_assert(key_of_class<T> != 0);
    return static_cast<const T*>(layer.as_class(key_of_class<T>));
  }
};

/// Returns the layer as a T, if its class is T or derives from it; null otherwise. A dynamic_cast that also works in
/// programs without RTTI.
template <class T, class S>
const T* layer_cast(const Layer<S>& layer) noexcept {
  return LayerCast::cast<T>(layer);
}

}  // namespace detail

/// The layer that a configuration describes; for layers that hold others. See layers/layers.hpp.
template <class S = float>
std::shared_ptr<Layer<S>> layer_from_config(const Config& config);

}  // namespace lamina

#include "lamina/layers/base/layer_members.hpp"  // IWYU pragma: export
