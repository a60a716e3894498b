#pragma once
#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "lamina/core/call_context.hpp"
#include "lamina/initializers/initializers.hpp"
#include "lamina/layers/call_options.hpp"
#include "lamina/layers/mask_memory.hpp"
#include "lamina/layers/naming.hpp"
#include "lamina/ops/ops.hpp"

namespace lamina {

/// A layer is not copied, as copies would share or lose weights without a word: the name of this type is the error
/// message.
struct A_layer_is_not_copied__move_it_with_std_move__or_share_it_with_std_make_shared {
  using Self = A_layer_is_not_copied__move_it_with_std_move__or_share_it_with_std_make_shared;
  A_layer_is_not_copied__move_it_with_std_move__or_share_it_with_std_make_shared() = default;
  A_layer_is_not_copied__move_it_with_std_move__or_share_it_with_std_make_shared(const Self&) = delete;
  A_layer_is_not_copied__move_it_with_std_move__or_share_it_with_std_make_shared(Self&&) = default;
  Self& operator=(const Self&) = delete;
  Self& operator=(Self&&) = default;
};

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
class Layer : private A_layer_is_not_copied__move_it_with_std_move__or_share_it_with_std_make_shared {
 public:
  using scalar_type = Scalar;
  using TensorType = Tensor<Scalar>;
  using StrategyBase = Layer;

  Layer() = default;
  virtual ~Layer() {
    for (Layer* parent : parents_) detail::erase(parent->children_, this);
    for (Layer* child : children_) detail::erase(child->parents_, this);
  }
  /// A moved layer keeps its weights; the layers among its members are found again at its next call.
  Layer(Layer&& other) noexcept { take(other); }
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
  virtual void build(const Shape& /*input*/) {}

  /// Computes the output. Operations on tensors and variables are differentiated by themselves.
  virtual Tensor<Scalar> call(const Tensor<Scalar>& x) const = 0;

  /// The same three for layers of several inputs or outputs (see MultiInputLayer); by default there is one of each.
  virtual void build_many(const std::vector<Shape>& inputs) { build(only(inputs)); }
  virtual std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& inputs) const {
    return {call(only(inputs))};
  }
  virtual std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) const {
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
  virtual Shape compute_output_shape(const Shape& input) const { return dry_run({input}).front(); }

  /// The class's name as Keras spells it: `Dense`. By default that of the C++ type.
  virtual std::string class_name() const { return detail::type_name_of(*this); }

  /// The arguments under Keras's names, from which `layer_from_config` makes a layer like this one. A layer of one's
  /// own with arguments adds them to what the base gives, and takes them in a static `from_config(const Config&)`, or
  /// has a struct `Arguments` (see core/arguments.hpp) and gives `config_with(arguments)`.
  virtual Config get_config() const {
    Config config = Config::map();
    config["name"] = name();
    config["trainable"] = trainable_;
    config["dtype"] = sizeof(Scalar) == 4 ? "float32" : "float64";
    return config;
  }

  // ---- Calling
  // ----------------------------------------------------------------------------------------------------------

  /// Calls the layer; the first call builds it.
  Tensor<Scalar> operator()(const Tensor<Scalar>& x) const {
    if (!built_.load(std::memory_order_acquire)) [[unlikely]]
      return const_cast<Layer*>(this)->first_call({x}, nullptr).front();
    const Frame frame(*this, "call", nullptr);
    check_input(x.shape());
    Tensor<Scalar> y = call(x);
    if (MaskMemory<Scalar>::any() || makes_masks_) [[unlikely]]
      pass_masks({x}, {y});
    return y;
  }
  Tensor<Scalar> operator()(const Tensor<Scalar>& x, const CallOptions& options) const {
    if (!options.plain()) return only_output(apply({x}, options));
    const CallContext::Training training(options.training.value_or(CallContext::training()));
    return (*this)(x);
  }
  /// Several inputs and one output: `Add()({a, b})`.
  template <std::same_as<Tensor<Scalar>> T>
  Tensor<Scalar> operator()(std::initializer_list<T> inputs, const CallOptions& options = {}) const {
    return only_output(apply(std::vector<T>(inputs), options));
  }
  /// Any number of inputs and outputs: `lstm.apply({x, h, c})`.
  LAMINA_NOINLINE std::vector<Tensor<Scalar>> apply(const std::vector<Tensor<Scalar>>& inputs,
                                                    const CallOptions& options = {}) const {
    if (inputs.empty()) raise<ValueError>(where("call"), "expected at least one input, got none");
    const CallContext::Training training(options.training.value_or(CallContext::training()));
    std::vector<std::unique_ptr<typename MaskMemory<Scalar>::Scope>> given;
    for (std::size_t i = options.mask.size(); i-- > 0;)
      if (options.mask[i].defined() && i < inputs.size())
        given.insert(given.begin(), std::make_unique<typename MaskMemory<Scalar>::Scope>(
                                        inputs[i], options.mask[i].template cast<Scalar>()));
    if (!built_.load(std::memory_order_acquire)) return const_cast<Layer*>(this)->first_call(inputs, &options);
    const Frame frame(*this, "call", &options);
    check_inputs(inputs);
    std::vector<Tensor<Scalar>> outputs = call_many(inputs);
    if (MaskMemory<Scalar>::any() || makes_masks_) pass_masks(inputs, outputs);
    return outputs;
  }

  /// Builds the layer, and the layers inside it, for inputs of these shapes, unless it is built.
  void ensure_built(const Shape& input) const { ensure_built(std::vector<Shape>{input}); }
  void ensure_built(const std::vector<Shape>& inputs) const {
    if (built_.load(std::memory_order_acquire)) return;
    const NoGradient<Scalar> no_gradient;
    const CallContext::Training inference(false);
    const_cast<Layer*>(this)->first_call(single_samples(inputs), nullptr);
  }
  bool built() const noexcept { return built_.load(std::memory_order_acquire); }
  /// The input's shape that the layer was built for, the batch axis None.
  const Shape& build_shape() const noexcept { return build_shape_; }

  // ---- Names and weights
  // ------------------------------------------------------------------------------------------------

  /// Given, or made from the class's name and counted: `dense`, `dense_1`.
  const std::string& name() const {
    if (name_.empty()) name_ = detail::unique_name(to_snake_case(class_name()));
    return name_;
  }
  void set_name(std::string name) { name_ = std::move(name); }

  /// All weights: the layer's own, trainable ones first, then those of the layers inside it.
  LAMINA_NOINLINE std::vector<Variable<Scalar>> variables() const {
    return collect([](const Variable<Scalar>&) { return true; });
  }
  std::vector<Variable<Scalar>> weights() const { return variables(); }
  LAMINA_NOINLINE std::vector<Variable<Scalar>> trainable_variables() const {
    return collect([](const Variable<Scalar>& v) { return v.trainable(); });
  }
  LAMINA_NOINLINE std::vector<Variable<Scalar>> non_trainable_variables() const {
    return collect([](const Variable<Scalar>& v) { return !v.trainable(); });
  }
  /// How many numbers the weights hold.
  Index count_params() const {
    Index count = 0;
    for (const auto& v : variables()) count += v.size();
    return count;
  }
  /// The values of all weights, in the order of `variables()`; handles, unchanged by later training.
  std::vector<Tensor<Scalar>> get_weights() const {
    std::vector<Tensor<Scalar>> values;
    for (const auto& v : variables()) values.push_back(v.value().detached());
    return values;
  }
  /// Sets all weights; every shape is checked before any is changed.
  void set_weights(const std::vector<Tensor<Scalar>>& values) {
    std::vector<Variable<Scalar>> all = variables();
    const Frame frame(*this, "set_weights", nullptr);
    if (values.size() != all.size())
      raise<ValueError>("expected ", all.size(), " weights, got ", values.size(),
                        all.empty() ? ". The layer has none: has it been built?" : "");
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].shape() != values[i].shape())
        raise<ShapeError>("weight ", i, " (\"", all[i].path(), "\"): expected shape ", all[i].shape(), ", got ",
                          values[i].shape());
    for (std::size_t i = 0; i < all.size(); ++i) all[i].assign(values[i]);
  }

  bool supports_masking() const noexcept { return supports_masking_; }
  /// Whether training changes the layer. Setting it does the same for the layers inside.
  bool trainable() const noexcept { return trainable_; }
  void set_trainable(bool trainable) {
    trainable_ = trainable;
    for (OwnWeight& w : own_) w.variable.set_trainable(trainable && w.trainable);
    for (Layer* child : children_) child->set_trainable(trainable);
  }

  /// What the layer declares its input to be, batch axis included, before it sees one; null where it declares nothing.
  virtual const Shape* declared_input() const { return nullptr; }

  /// The layers inside this one, in the order of their first call.
  const std::vector<Layer*>& sublayers() const noexcept { return children_; }

  /// What is minimized beside the loss of `compile`: what the weights' regularizers give now, and what `add_loss` gave
  /// in the last call on this thread; tensors of rank 0.
  std::vector<Tensor<Scalar>> losses() const {
    std::vector<Tensor<Scalar>> all;
    for (const auto& v : variables())
      if (v.regularizer()) all.push_back(v.regularizer()(v.value()));
    added_losses([&](const Tensor<Scalar>& loss) { all.push_back(loss); });
    return all;
  }

 protected:
  /// What every layer's configuration has, and these arguments.
  template <class Arguments>
  Config config_with(const Arguments& arguments) const {
    Config config = Layer::get_config();
    for (const Config::Member& m : config_of(arguments).members()) config[m.first] = m.second;
    return config;
  }

  /// Makes a weight. Only in `build`; names are unique inside a layer.
  Variable<Scalar> add_weight(const std::string& name, const Shape& shape,
                              const Initializer& initializer = Initializer::of<GlorotUniform>(),
                              WeightOptions<Scalar> options = {}) {
    if (built())
      raise<StateError>(where("add_weight"), "weight \"", name,
                        "\" was added after the layer was built. Add weights in `build`.");
    for (const OwnWeight& w : own_)
      if (w.variable.name() == name)
        raise<ValueError>(where("add_weight"), "there is a weight \"", name,
                          "\" already. Give each weight its own name.");
    if (!shape.is_known())
      raise<ShapeError>(where("add_weight"), "weight \"", name, "\" needs a known shape, got ", shape);
    Variable<Scalar> v(initial_value<Scalar>(initializer, shape), name, trainable_ && options.trainable);
    std::string path = this->name() + "/" + name;
    const Layer* below = this;
    for (const Frame* frame = Frame::innermost(); frame != nullptr; frame = frame->parent) {
      if (&frame->layer != below) path = frame->layer.name() + "/" + path;
      below = &frame->layer;
    }
    v.set_path(std::move(path));
    v.set_regularizer(std::move(options.regularizer));
    v.set_constraint(std::move(options.constraint));
    own_.push_back({v, options.trainable});
    return v;
  }

  /// In `call`: adds a tensor of rank 0 to what is minimized, beside the loss of `compile`.
  void add_loss(const Tensor<Scalar>& loss) const {
    if (loss.size() != 1) raise<ShapeError>("add_loss: expected one number, got shape ", loss.shape());
    recorded_losses().push_back({this, detail::reshape_to(loss, Shape{})});
  }

  /// Names a layer held elsewhere (by a shared pointer) as one inside this one, before the first call finds it.
  void track(const Layer& sublayer) { adopt(const_cast<Layer&>(sublayer)); }
  void untrack(const Layer& sublayer) {
    auto& child = const_cast<Layer&>(sublayer);
    detail::erase(children_, &child);
    detail::erase(child.parents_, this);
  }

  /// Calls `f` with what `add_loss` gave in the last call on this thread.
  template <class F>
  void added_losses(const F& f) const {
    for (const auto& [owner, loss] : recorded_losses())
      if (owner == this || contains(owner)) f(loss);
  }

  void set_input_spec(InputSpec spec) { spec_ = spec; }
  /// In the constructor: masks of the inputs are heeded or passed on. Without it a mask ends here, with a warning.
  void set_supports_masking(bool supports) { supports_masking_ = supports; }
  /// In the constructor: `compute_mask` is asked also where no input has a mask.
  void set_makes_masks() { makes_masks_ = supports_masking_ = true; }
  /// In `call`: the mask that an input carries; undefined where it has none.
  Tensor<Scalar> mask_of(const Tensor<Scalar>& x) const { return MaskMemory<Scalar>::find(x); }
  /// In `call`: what was said with the call.
  const CallOptions& call_options() const {
    static const CallOptions none{};
    const Frame* frame = Frame::innermost();
    return frame != nullptr && &frame->layer == this && frame->options != nullptr ? *frame->options : none;
  }
  /// The outputs' shapes, found by a call on single samples.
  std::vector<Shape> dry_run(const std::vector<Shape>& inputs) const {
    const NoGradient<Scalar> no_gradient;
    const CallContext::Training inference(false);
    std::vector<Shape> outputs;
    for (const Tensor<Scalar>& y : apply(single_samples(inputs))) outputs.push_back(y.shape());
    const bool open = !inputs.front().empty() && inputs.front()[0] == None;
    for (Shape& shape : outputs)
      if (open && shape.rank() > 0) shape[0] = None;
    return outputs;
  }
  /// Whether `build` runs because of a first call (or `ensure_built`), rather than called by a user.
  bool in_first_call() const noexcept { return Frame::innermost() != nullptr && &Frame::innermost()->layer == this; }
  /// Takes the layer back to the state before `build`: for containers whose structure changes.
  void reset_built() noexcept {
    built_.store(false, std::memory_order_release);
    weights_made_ = false;
  }
  /// `Dense "fc1", build: ` for errors raised by hand.
  std::string where(const char* action) const {
    return ErrorScope::where().empty() ? describe(this, action) + ": " : std::string();
  }
  /// Raises an error for inputs that do not fit; by default there is one, and it has to fit the InputSpec.
  virtual void check_inputs(const std::vector<Tensor<Scalar>>& inputs) const { check_input(only(inputs).shape()); }
  virtual void check_input(const Shape& shape) const {
    const bool fits = (spec_.rank < 0 || shape.rank() == spec_.rank) &&
                      (spec_.min_rank < 0 || shape.rank() >= spec_.min_rank) &&
                      (spec_.last == None || (shape.rank() > 0 && shape.end()[-1] == spec_.last));
    if (!fits) [[unlikely]]
      raise_unfit(shape);
  }

 private:
  template <class>
  friend class Layer;
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

  static std::string describe(const void* subject, const char* action) {
    const Layer& layer = *static_cast<const Layer*>(subject);
    return layer.class_name() + " \"" + layer.name() + "\", " + action +
           (layer.build_shape_.empty() ? "" : " (built for input " + layer.build_shape_.to_string() + ")");
  }
  static std::vector<RecordedLoss>& recorded_losses() {
    static thread_local std::vector<RecordedLoss> losses;
    return losses;
  }
  [[noreturn]] LAMINA_NOINLINE void raise_unfit(const Shape& shape) const {
    std::string expected;
    if (spec_.rank >= 0) expected += text("an input of rank ", spec_.rank);
    if (spec_.rank < 0 && spec_.min_rank >= 0) expected += text("an input of rank ", spec_.min_rank, " or more");
    if (spec_.last != None) expected += text(expected.empty() ? "an input" : "", " whose last axis is ", spec_.last);
    raise<ShapeError>("expected ", expected, ", got shape ", shape,
                      ". Reshape the input, or make a new layer for inputs of this shape.");
  }

  static std::recursive_mutex& building() {
    static std::recursive_mutex mutex;
    return mutex;
  }
  std::vector<Tensor<Scalar>> first_call(const std::vector<Tensor<Scalar>>& inputs, const CallOptions* options) {
    const std::lock_guard lock(building());
    if (built()) return apply(inputs, options == nullptr ? CallOptions() : *options);
    if (build_shape_.empty() || !weights_made_) {
      const Frame frame(*this, "build", nullptr);
      own_.clear();
      std::vector<Shape> shapes;
      for (const Tensor<Scalar>& x : inputs) shapes.push_back(x.rank() > 0 ? x.shape().with(0, None) : x.shape());
      build_shape_ = shapes.front();
      struct Undo {  // a build that failed leaves the layer as it was
        Layer& layer;
        bool done = false;
        ~Undo() {
          if (!done) {
            layer.own_.clear();
            layer.build_shape_ = Shape();
          }
        }
      } undo{*this};
      build_many(shapes);
      undo.done = true;
      weights_made_ = true;
    }
    Frame frame(*this, "call", options);
    frame.finding = true;
    check_inputs(inputs);
    std::vector<Tensor<Scalar>> outputs = call_many(inputs);
    if (MaskMemory<Scalar>::any() || makes_masks_) pass_masks(inputs, outputs);
    built_.store(true, std::memory_order_release);
    return outputs;
  }

  /// Gives the outputs the masks that follow from those of the inputs. What has one already, from a layer inside, keeps
  /// it.
  LAMINA_NOINLINE void pass_masks(const std::vector<Tensor<Scalar>>& inputs,
                                  const std::vector<Tensor<Scalar>>& outputs) const {
    std::vector<Tensor<Scalar>> masks;
    bool masked = false;
    for (const Tensor<Scalar>& x : inputs) {
      masks.push_back(MaskMemory<Scalar>::find(x));
      masked = masked || masks.back().defined();
    }
    if (!masked && !makes_masks_) return;
    if (!supports_masking_) {
      if (!mask_lost_.exchange(true, std::memory_order_relaxed))
        warn(
            "the input has a mask, which this layer does not support: what comes after it sees none. A layer of one's "
            "own says set_supports_masking(true) in its constructor.");
      return;
    }
    bool all_known = true;
    for (const Tensor<Scalar>& y : outputs) all_known = all_known && MaskMemory<Scalar>::find(y).defined();
    if (all_known) return;
    const NoGradient<Scalar> no_gradient;
    const std::vector<Tensor<Scalar>> made = compute_masks(inputs, masks);
    for (std::size_t i = 0; i < made.size() && i < outputs.size(); ++i)
      if (made[i].defined() && !MaskMemory<Scalar>::find(outputs[i]).defined())
        MaskMemory<Scalar>::attach(outputs[i], made[i]);
  }
  template <class T>
  const T& only(const std::vector<T>& inputs) const {
    if (inputs.size() != 1) [[unlikely]]
      raise<ValueError>(where("call"), "expected one input, got ", inputs.size());
    return inputs.front();
  }
  Tensor<Scalar> only_output(std::vector<Tensor<Scalar>> outputs) const {
    if (outputs.size() != 1)
      raise<ValueError>(where("call"), "there are ", outputs.size(),
                        " outputs. Take them all: layer.apply({x}) gives a vector of them.");
    return std::move(outputs.front());
  }
  static std::vector<Tensor<Scalar>> single_samples(const std::vector<Shape>& shapes) {
    std::vector<Tensor<Scalar>> samples;
    for (Shape shape : shapes) {
      for (Index i = 0; i < shape.rank(); ++i)
        if (shape[i] == None) shape[i] = 1;
      samples.push_back(Tensor<Scalar>::zeros(shape));
    }
    return samples;
  }

  void adopt(Layer& child) {
    if (&child == this || std::find(children_.begin(), children_.end(), &child) != children_.end()) return;
    children_.push_back(&child);
    child.parents_.push_back(this);
    if (!trainable_) child.set_trainable(false);
  }
  bool contains(const Layer* layer) const {
    for (const Layer* child : children_)
      if (child == layer || child->contains(layer)) return true;
    return false;
  }
  template <class Keep>
  std::vector<Variable<Scalar>> collect(const Keep& keep) const {
    std::vector<Variable<Scalar>> all;
    collect_into(all, keep);
    return all;
  }
  template <class Keep>
  void collect_into(std::vector<Variable<Scalar>>& all, const Keep& keep) const {
    const auto take_one = [&](const Variable<Scalar>& v) {
      if (keep(v) && std::find(all.begin(), all.end(), v) == all.end()) all.push_back(v);
    };
    for (const OwnWeight& w : own_)
      if (w.trainable) take_one(w.variable);
    for (const OwnWeight& w : own_)
      if (!w.trainable) take_one(w.variable);
    for (const Layer* child : children_) child->collect_into(all, keep);
  }

  void detach() noexcept {
    for (Layer* parent : parents_) detail::erase(parent->children_, this);
    for (Layer* child : children_) detail::erase(child->parents_, this);
    parents_.clear();
    children_.clear();
  }
  void take(Layer& other) noexcept {
    name_ = std::move(other.name_);
    other.name_.clear();
    own_ = std::move(other.own_);
    other.own_.clear();
    spec_ = other.spec_;
    trainable_ = other.trainable_;
    supports_masking_ = other.supports_masking_;
    makes_masks_ = other.makes_masks_;
    build_shape_ = std::exchange(other.build_shape_, Shape());
    weights_made_ = std::exchange(other.weights_made_, false);
    // Members have moved with the layer: they are found again by a call.
    built_.store(other.built() && other.children_.empty(), std::memory_order_release);
    other.built_.store(false, std::memory_order_release);
    other.detach();
  }

  mutable std::string name_;
  std::vector<OwnWeight> own_;
  std::vector<Layer*> children_, parents_;
  InputSpec spec_;
  Shape build_shape_;
  bool trainable_ = true;
  bool weights_made_ = false;
  bool supports_masking_ = false, makes_masks_ = false;
  mutable std::atomic<bool> mask_lost_{false};
  std::atomic<bool> built_{false};
};

/// The layer that a configuration describes; for layers that hold others. See layers/layers.hpp.
template <class S = float>
std::shared_ptr<Layer<S>> layer_from_config(const Config& config);

LAMINA_COMPILED_CLASS(Layer);

}  // namespace lamina
