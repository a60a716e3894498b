#pragma once
#include "lamina/core/list.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/layers/base/layer_symbols.hpp"
#include "lamina/layers/base/loading_weights.hpp"

// The definitions of Layer's members, except for the few on the hot path. Members that are defined inside a class are
// inline, and every program would compile them again, even if it links the compiled library.

namespace lamina {

template <class Scalar>
Layer<Scalar>::~Layer() {
  if (anchor_ != nullptr) anchor_->layer = nullptr;
  for (Layer* parent : parents_) detail::erase(parent->children_, this);
  for (Layer* child : children_) detail::erase(child->parents_, this);
}

template <class Scalar>
Config Layer<Scalar>::get_config() const {
  Config config = Config::map();
  config["name"] = name();
  config["trainable"] = trainable_;
  config["dtype"] = sizeof(Scalar) == 4 ? "float32" : "float64";
  return config;
}

template <class Scalar>
Config Layer<Scalar>::call_config(std::vector<Config> tensors) const {
  return detail::call_config(call_signature(), std::move(tensors));
}

template <class Scalar>
Tensor<Scalar> Layer<Scalar>::operator()(const Tensor<Scalar>& x, const CallOptions& options) const {
  if (!options.plain()) return only_output(apply({x}, options));
  const CallContext::Training training(options.training.value_or(CallContext::training()));
  return (*this)(x);
}

template <class Scalar>
std::vector<Tensor<Scalar>> Layer<Scalar>::apply(const std::vector<Tensor<Scalar>>& inputs,
                                                 const CallOptions& options) const {
  if (inputs.empty()) raise<ValueError>(where("call"), "expected at least one input, got none");
  if (!options.mask.empty()) [[unlikely]]
    check_masks(inputs, options.mask);
  const CallContext::Training training(options.training.value_or(CallContext::training()));
  List<std::unique_ptr<typename MaskRegistry<Scalar>::Scope>> given;
  for (std::size_t i = options.mask.size(); i-- > 0;)
    if (options.mask[i].defined() && i < inputs.size())
      given.push_back(
          std::make_unique<typename MaskRegistry<Scalar>::Scope>(inputs[i], options.mask[i].template cast<Scalar>()));
  if (!built_.load(std::memory_order_acquire)) return const_cast<Layer*>(this)->first_call(inputs, &options);
  const Frame frame(*this, "call", &options);
  check_inputs(inputs);
  std::vector<Tensor<Scalar>> outputs = call_many(inputs);
  if (MaskRegistry<Scalar>::any() || makes_masks_) pass_masks(inputs, outputs);
  return outputs;
}

template <class Scalar>
void Layer<Scalar>::check_masks(const std::vector<Tensor<Scalar>>& inputs, const CallMasks& masks) const {
  if (masks.size() > inputs.size())
    raise<ValueError>(where("call"), "got ", masks.size(), " masks for ", inputs.size(),
                      " inputs. Pass at most one mask for each input.");
  for (std::size_t i = 0; i < masks.size(); ++i) {
    if (!masks[i].defined()) continue;
    const Shape &mask = masks[i].shape(), &x = inputs[i].shape();
    bool leading = mask.rank() <= x.rank(), trailing = leading;
    for (Index k = 0; leading && k < mask.rank(); ++k) leading = mask[k] == 1 || mask[k] == x[k];
    for (Index k = 1; trailing && k <= mask.rank(); ++k) trailing = mask[-k] == 1 || mask[-k] == x[-k];
    if (!leading && !trailing)
      raise<ShapeError>(where("call"), "expected a mask with the leading axes of its input, which has shape ", x,
                        ", got a mask of shape ", mask, ". Pass one element for each sample and step.");
  }
}

template <class Scalar>
void Layer<Scalar>::build_for(const std::vector<Shape>& inputs) const {
  if (built_.load(std::memory_order_acquire)) return;
  const NoGradient<Scalar> no_gradient;
  const CallContext::DryRun dry_run;
  const_cast<Layer*>(this)->first_call(single_samples(inputs), nullptr);
}

template <class Scalar>
const std::string& Layer<Scalar>::name() const {
  if (name_.empty()) name_ = detail::unique_name(to_snake_case(detail::without_package(class_name())));
  return name_;
}

template <class Scalar>
std::vector<Variable<Scalar>> Layer<Scalar>::collect(Keep keep) const {
  std::vector<Variable<Scalar>> all;
  collect_into(all, keep);
  return all;
}

template <class Scalar>
void Layer<Scalar>::collect_into(std::vector<Variable<Scalar>>& all, Keep keep) const {
  const auto take_one = [&](const Variable<Scalar>& v) {
    if (keep(v) && std::find(all.begin(), all.end(), v) == all.end()) all.push_back(v);
  };
  for (const OwnWeight& w : own_)
    if (w.trainable) take_one(w.variable);
  for (const OwnWeight& w : own_)
    if (!w.trainable) take_one(w.variable);
  for (const Layer* child : children_) child->collect_into(all, keep);
}

template <class Scalar>
std::vector<Variable<Scalar>> Layer<Scalar>::variables() const {
  return collect([](const Variable<Scalar>&) { return true; });
}

template <class Scalar>
std::vector<Variable<Scalar>> Layer<Scalar>::own_variables() const {
  std::vector<Variable<Scalar>> all;
  for (const bool trainable : {true, false})
    for (const OwnWeight& w : own_)
      if (w.trainable == trainable) all.push_back(w.variable);
  return all;
}

template <class Scalar>
std::vector<Variable<Scalar>> Layer<Scalar>::trainable_variables() const {
  return collect([](const Variable<Scalar>& v) { return v.trainable(); });
}

template <class Scalar>
std::vector<Variable<Scalar>> Layer<Scalar>::non_trainable_variables() const {
  return collect([](const Variable<Scalar>& v) { return !v.trainable(); });
}

template <class Scalar>
Index Layer<Scalar>::count_params() const {
  Index count = 0;
  for (const auto& v : variables()) count += v.size();
  return count;
}

template <class Scalar>
std::vector<Tensor<Scalar>> Layer<Scalar>::get_weights() const {
  std::vector<Tensor<Scalar>> values;
  for (const auto& v : variables()) values.push_back(v.value().detached());
  return values;
}

template <class Scalar>
void Layer<Scalar>::set_weights(const std::vector<Tensor<Scalar>>& values) {
  std::vector<Variable<Scalar>> all = variables();
  const Frame frame(*this, "set_weights", nullptr);
  if (values.size() != all.size())
    raise<ValueError>("expected ", all.size(), " weights, got ", values.size(),
                      all.empty() ? ". Build the layer first: it has no weights." : "");
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].shape() != values[i].shape())
      raise<ShapeError>("weight ", i, " (\"", all[i].path(), "\"): expected shape ", all[i].shape(), ", got ",
                        values[i].shape());
  for (std::size_t i = 0; i < all.size(); ++i) all[i].assign(values[i]);
}

template <class Scalar>
void Layer<Scalar>::set_trainable(bool trainable) {
  trainable_ = trainable;
  for (OwnWeight& w : own_) w.variable.set_trainable(trainable && w.trainable);
  for (Layer* child : children_) child->set_trainable(trainable);
}

template <class Scalar>
std::vector<Tensor<Scalar>> Layer<Scalar>::losses() const {
  std::vector<Tensor<Scalar>> all;
  for (const auto& v : variables())
    if (v.regularizer()) all.push_back(v.regularizer()(v.value()));
  added_losses([&](const Tensor<Scalar>& loss) { all.push_back(loss); });
  return all;
}

template <class Scalar>
Variable<Scalar> Layer<Scalar>::add_weight(const std::string& name, const Shape& shape, const Initializer& initializer,
                                           WeightOptions<Scalar> options) {
  if (built())
    raise<StateError>(where("add_weight"), "weight \"", name,
                      "\" cannot be added to a layer that is built. Add weights in `build`.");
  for (const OwnWeight& w : own_)
    if (w.variable.name() == name)
      raise<ValueError>(where("add_weight"), "the layer already has a weight \"", name,
                        "\". Give each weight another name.");
  if (!shape.is_known())
    raise<ShapeError>(where("add_weight"), "weight \"", name, "\": expected a known shape, got ", shape,
                      ". Give the axis a size.");
  Variable<Scalar> v(
      detail::LoadingWeights::take(shape) ? Tensor<Scalar>::zeros(shape) : initial_value<Scalar>(initializer, shape),
      name, trainable_ && options.trainable);
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

template <class Scalar>
void Layer<Scalar>::add_loss(const Tensor<Scalar>& loss) const {
  if (loss.size() != 1)
    raise<ShapeError>("add_loss: expected a tensor with one element, got shape ", loss.shape(),
                      ". Reduce it with sum or mean.");
  recorded_losses().push_back({this, detail::reshape_to(loss, Shape{})});
}

template <class Scalar>
void Layer<Scalar>::untrack(const Layer& sublayer) {
  auto& child = const_cast<Layer&>(sublayer);
  detail::erase(children_, &child);
  detail::erase(child.parents_, this);
}

template <class Scalar>
const CallOptions& Layer<Scalar>::call_options() const {
  static const auto& none = *new CallOptions;  // never destroyed: destructors of static objects may call layers
  const Frame* frame = Frame::innermost();
  return frame != nullptr && &frame->layer == this && frame->options != nullptr ? *frame->options : none;
}

template <class Scalar>
std::vector<Shape> Layer<Scalar>::dry_run(const std::vector<Shape>& inputs) const {
  const NoGradient<Scalar> no_gradient;
  const CallContext::DryRun dry_run;
  const CallOptions options = call_options();
  const auto shapes_of = [&](Index variation) {
    std::vector<Shape> shapes;
    for (const Tensor<Scalar>& y : apply(single_samples(inputs, variation), options)) shapes.push_back(y.shape());
    return shapes;
  };
  std::vector<Shape> outputs = shapes_of(0);
  const bool batch_open = !inputs.front().empty() && inputs.front()[0] == unknown_size;
  bool others_open = false;
  for (const Shape& shape : inputs)
    for (Index i = 1; i < shape.rank(); ++i) others_open = others_open || shape[i] == unknown_size;
  // An output axis is None if its size changes with the size of an input axis.
  const std::vector<Shape> varied = others_open ? shapes_of(16) : outputs;
  for (std::size_t k = 0; k < outputs.size(); ++k)
    for (Index i = 0; i < outputs[k].rank(); ++i)
      if ((i == 0 && batch_open) || outputs[k][i] != varied[k][i]) outputs[k][i] = unknown_size;
  return outputs;
}

template <class Scalar>
std::string Layer<Scalar>::describe(const void* subject, const char* action) {
  const Layer& layer = *static_cast<const Layer*>(subject);
  return layer.class_name() + " \"" + layer.name() + "\", " + action +
         (layer.build_shape_.empty() ? "" : " (built for input " + layer.build_shape_.to_string() + ")");
}

template <class Scalar>
void Layer<Scalar>::raise_unfit(const Shape& shape) const {
  std::string expected;
  if (spec_.rank >= 0) expected += text("an input of rank ", spec_.rank);
  if (spec_.rank < 0 && spec_.min_rank >= 0) expected += text("an input of rank ", spec_.min_rank, " or more");
  if (spec_.last != unknown_size)
    expected += text(expected.empty() ? "an input" : "", " whose last axis is ", spec_.last);
  raise<ShapeError>("expected ", expected, ", got shape ", shape,
                    ". Reshape the input, or make a new layer for inputs of this shape.");
}

template <class Scalar>
std::vector<Tensor<Scalar>> Layer<Scalar>::first_call(const std::vector<Tensor<Scalar>>& inputs,
                                                      const CallOptions* options) {
  const std::lock_guard lock(building());
  if (built()) return apply(inputs, options == nullptr ? CallOptions() : *options);
  if (build_shape_.empty() || !weights_made_) {
    const Frame frame(*this, "build", nullptr);
    own_.clear();
    std::vector<Shape> shapes;
    for (const Tensor<Scalar>& x : inputs) shapes.push_back(x.rank() > 0 ? x.shape().with(0, unknown_size) : x.shape());
    build_shape_ = shapes.front();
    struct Undo {  // if `build` throws, the layer stays unbuilt
      Layer& layer;
      bool done = false;
      LAMINA_COLD ~Undo() {
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
  if (MaskRegistry<Scalar>::any() || makes_masks_) pass_masks(inputs, outputs);
  built_.store(true, std::memory_order_release);
  return outputs;
}

template <class Scalar>
void Layer<Scalar>::pass_masks(const std::vector<Tensor<Scalar>>& inputs,
                               const std::vector<Tensor<Scalar>>& outputs) const {
  std::vector<Tensor<Scalar>> masks;
  bool masked = false;
  for (const Tensor<Scalar>& x : inputs) {
    masks.push_back(MaskRegistry<Scalar>::find(x));
    masked = masked || masks.back().defined();
  }
  if (!masked && !makes_masks_) return;
  if (!supports_masking_) {
    if (!mask_lost_.exchange(true, std::memory_order_relaxed))
      detail::warn(
          "this layer does not support masking: the mask of its input is not passed to the next layers. A custom layer "
          "that supports masks calls set_supports_masking(true) in its constructor.");
    return;
  }
  bool all_known = true;
  for (const Tensor<Scalar>& y : outputs) all_known = all_known && MaskRegistry<Scalar>::find(y).defined();
  if (all_known) return;
  const NoGradient<Scalar> no_gradient;
  const std::vector<Tensor<Scalar>> made = compute_masks(inputs, masks);
  for (std::size_t i = 0; i < made.size() && i < outputs.size(); ++i)
    if (made[i].defined() && !MaskRegistry<Scalar>::find(outputs[i]).defined())
      MaskRegistry<Scalar>::attach(outputs[i], made[i]);
}

template <class Scalar>
void Layer<Scalar>::raise_outputs(std::size_t count) const {
  raise<ValueError>(where("call"), "expected one output, got ", count,
                    ". Call layer.apply({x}), which returns a vector of all outputs.");
}

/// Returns zeros of these shapes with one sample. Other axes None get a size that is larger than common kernels.
template <class Scalar>
std::vector<Tensor<Scalar>> Layer<Scalar>::single_samples(const std::vector<Shape>& shapes, Index variation) {
  std::vector<Tensor<Scalar>> samples;
  for (Shape shape : shapes) {
    for (Index i = 0; i < shape.rank(); ++i)
      if (shape[i] == unknown_size) shape[i] = i == 0 ? 1 : (shape.rank() > 4 ? 32 : 64) + variation;
    samples.push_back(Tensor<Scalar>::zeros(shape));
  }
  return samples;
}

template <class Scalar>
void Layer<Scalar>::adopt(Layer& child) {
  if (&child == this || std::find(children_.begin(), children_.end(), &child) != children_.end()) return;
  children_.push_back(&child);
  child.parents_.push_back(this);
  if (!trainable_) child.set_trainable(false);
}

template <class Scalar>
bool Layer<Scalar>::contains(const Layer* layer) const {
  for (const Layer* child : children_)
    if (child == layer || child->contains(layer)) return true;
  return false;
}

template <class Scalar>
void Layer<Scalar>::detach() noexcept {
  for (Layer* parent : parents_) detail::erase(parent->children_, this);
  for (Layer* child : children_) detail::erase(child->parents_, this);
  parents_.clear();
  children_.clear();
  if (anchor_ != nullptr) anchor_->layer = nullptr;
}

template <class Scalar>
void Layer<Scalar>::take(Layer& other) noexcept {
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
  // The next call finds the moved sublayers.
  built_.store(other.built() && other.children_.empty(), std::memory_order_release);
  other.built_.store(false, std::memory_order_release);
  other.detach();
  anchor_ = std::move(other.anchor_);
  if (anchor_ != nullptr) anchor_->layer = this;
}

LAMINA_COMPILED_CLASS(Layer);

}  // namespace lamina
