#pragma once
#include <algorithm>
#include <cmath>

#include "lamina/core/classify.hpp"
#include "lamina/core/warning.hpp"
#include "lamina/training/trainer.hpp"

// Trainer: checks the arguments of fit, evaluate and predict, converts data to the order and shapes of the model, and
// warns of changes since compile.

namespace lamina {

template <class Scalar>
void Trainer<Scalar>::check_data(const char* action, const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                                 Index batch_size) const {
  if (batch_size < 1) raise<ValueError>(describe(action), "expected batch_size >= 1, got ", batch_size);
  if (x.rank() == 0 || y.rank() == 0)
    raise<ShapeError>(describe(action), "expected samples along the first axis of x and y, got shapes ", x.shape(),
                      " and ", y.shape());
  for (const TensorList<Scalar>* list : {&x, &y})
    for (std::size_t i = 0; i < list->count(); ++i)
      if (list->at(i).rank() == 0 || list->at(i).shape()[0] != x.shape()[0])
        raise<ValueError>(describe(action), "x has ", x.shape()[0], " samples and ", list == &x ? "another x" : "y",
                          " has ", list->at(i).rank() == 0 ? 1 : list->at(i).shape()[0], " (shapes ", x.shape(),
                          " and ", list->at(i).shape(), "). Pass one target per sample.");
  if (x.shape()[0] == 0)
    raise<ValueError>(describe(action), "there are no samples: expected at least 1, got x of shape ", x.shape());
}

template <class Scalar>
void Trainer<Scalar>::check_weights(const char* action, const TensorList<Scalar>& weights, Index samples) const {
  for (std::size_t i = 0; i < weights.count(); ++i)
    if (const Tensor<Scalar>& w = weights.at(i); w.defined() && (w.rank() == 0 || w.shape()[0] != samples))
      raise<ValueError>(describe(action), "there are ", samples, " samples and sample_weight has shape ", w.shape(),
                        ". Pass one weight per sample.");
}

template <class Scalar>
void Trainer<Scalar>::check_options(const FitOptions<Scalar>& options) const {
  if (options.batch_size < 1) raise<ValueError>(describe("fit"), "expected batch_size >= 1, got ", options.batch_size);
  if (!(detail::at_least(options.validation_split, 0) && detail::below(options.validation_split, 1)))
    raise<ValueError>(describe("fit"), "expected 0 <= validation_split < 1, got ", options.validation_split);
  for (const auto& [label, weight] : options.class_weight)
    if (!is_finite(weight))
      raise<ValueError>(describe("fit"), "expected a finite class_weight, got ", weight, " for class ", label);
  if (options.verbose < 0 || options.verbose > 2)
    raise<ValueError>(describe("fit"), "expected verbose 0, 1 or 2, got ", options.verbose);
  if (options.validation_freq < 1)
    raise<ValueError>(describe("fit"), "expected validation_freq >= 1, got ", options.validation_freq);
  check_positive("fit", "steps_per_epoch", options.steps_per_epoch);
  check_positive("fit", "validation_steps", options.validation_steps);
  check_positive("fit", "validation_batch_size", options.validation_batch_size);
}

template <class Scalar>
void Trainer<Scalar>::check_positive(const char* action, const char* option, const std::optional<Index>& value) const {
  if (value && *value < 1) raise<ValueError>(describe(action), "expected ", option, " >= 1, got ", *value);
}

template <class Scalar>
void Trainer<Scalar>::check_fit(const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                                const FitOptions<Scalar>& options) const {
  check_data("fit", x, y, options.batch_size);
  check_options(options);
  check_weights("fit", options.sample_weight, x.shape()[0]);
  if (options.validation_data) {
    check_data("fit, validation_data", options.validation_data->x, options.validation_data->y, options.batch_size);
    check_weights("fit, validation_data", options.validation_data->sample_weight,
                  options.validation_data->x.shape()[0]);
  }
  const auto training_count = static_cast<Index>(static_cast<double>(x.shape()[0]) * (1.0 - options.validation_split));
  if (training_count == 0 || (options.validation_split > 0 && training_count == x.shape()[0]))
    raise<ValueError>(describe("fit"), "validation_split = ", options.validation_split, " of ", x.shape()[0],
                      " samples leaves none for ", training_count == 0 ? "training" : "validation",
                      ". Change validation_split, or pass validation_data.");
}

template <class Scalar>
TensorList<Scalar> Trainer<Scalar>::weights_of(const char* action, const Tensor<Scalar>& y,
                                               const FitOptions<Scalar>& options) const {
  if (options.class_weight.empty()) return options.sample_weight;
  if (options.sample_weight.defined())
    raise<ValueError>(
        describe(action),
        "expected sample_weight or class_weight, not both. Multiply the class weights into sample_weight.");
  if (loss_and_metrics_->size() > 1)
    raise<ValueError>(describe(action), "class_weight requires a model with one output. Use sample_weight instead.");
  const Index n = y.shape()[0], each = n == 0 ? 0 : y.size() / n;
  if (y.rank() > 2)
    raise<ShapeError>(describe(action), "class_weight requires targets (samples,) or (samples, classes), got shape ",
                      y.shape());
  Tensor<Scalar> weights = Tensor<Scalar>::ones({n});
  for (Index i = 0; i < n; ++i) {
    const Scalar* target = y.data() + i * each;
    const double label = each == 1 ? std::trunc(static_cast<double>(*target))
                                   : static_cast<double>(std::max_element(target, target + each) - target);
    for (const auto& [known, weight] : options.class_weight)
      if (static_cast<double>(known) == label) weights.mutable_data()[i] = static_cast<Scalar>(weight);
  }
  return weights;
}

template <class Scalar>
TensorList<Scalar> Trainer<Scalar>::prepared_inputs(const char* action, const TensorList<Scalar>& x) const {
  const std::size_t expected = known_input_count();
  if (expected != 0 && x.count() != expected)
    raise<ValueError>(describe(action), "expected ", expected, expected == 1 ? " input" : " inputs", ", got ",
                      x.count());
  const auto with_feature_axis = [](const Tensor<Scalar>& t) {
    return t.rank() == 1 ? detail::TensorAccess::with_shape(t, {t.size(), 1}) : t.detached();
  };
  if (x.names().empty()) return x.transformed(with_feature_axis);
  const std::vector<std::string> names = named_inputs();
  if (names.empty())
    raise<ValueError>(describe(action),
                      "inputs by name require a functional model, which has named inputs. Pass a list in order.");
  return x.in_order_of(names, describe(action)).transformed(with_feature_axis);
}

template <class Scalar>
Samples<Scalar> Trainer<Scalar>::prepared(const char* action, const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                                          const TensorList<Scalar>& sample_weight) const {
  const auto detached = [](const Tensor<Scalar>& t) { return t.detached(); };
  Samples<Scalar> samples{prepared_inputs(action, x), y.transformed(detached), sample_weight};
  if (!y.names().empty() || !sample_weight.names().empty()) {
    std::vector<std::string> names;
    for (const auto& output : loss_and_metrics_->all()) names.push_back(output.name);
    samples.y = samples.y.in_order_of(names, describe(action));
    samples.sample_weight = samples.sample_weight.in_order_of(names, describe(action));
  }
  if (y.defined() && samples.y.count() != loss_and_metrics_->size())
    raise<ValueError>(describe(action), "expected targets for ", loss_and_metrics_->size(),
                      " outputs, got targets for ", samples.y.count(), ". Pass one tensor of targets per output.");
  if (!y.defined() && !may_override_steps())
    for (const auto& output : loss_and_metrics_->all())
      if (output.loss != nullptr)
        raise<ValueError>(describe(action), "there are no targets, which the loss ", output.loss->class_name(),
                          " requires. Pass y.");
  if (samples.sample_weight.count() > 1 && samples.sample_weight.count() != loss_and_metrics_->size())
    raise<ValueError>(describe(action), "expected one tensor of sample weights, or one per output for ",
                      loss_and_metrics_->size(), " outputs, got sample weights for ", samples.sample_weight.count(),
                      ".");
  return samples;
}

template <class Scalar>
const Samples<Scalar>& Trainer<Scalar>::arranged(const char* action, const Samples<Scalar>& batch, bool custom_steps) {
  const std::size_t outputs = loss_and_metrics_->size(), targets = batch.y.count(),
                    weights = batch.sample_weight.count();
  const bool named = !batch.x.names().empty() || !batch.y.names().empty() || !batch.sample_weight.names().empty();
  if (!named && (custom_steps || (targets == outputs && (weights <= 1 || weights == outputs)))) [[likely]]
    return batch;
  arranged_ = prepared(action, batch.x, batch.y, batch.sample_weight);
  return arranged_;
}

// ---- Changes since compile

template <class Scalar>
void Trainer<Scalar>::collect_regularized() {
  regularized_.clear();
  for (const auto& v : layer_.variables())
    if (v.regularizer()) regularized_.push_back(v);
}

template <class Scalar>
void Trainer<Scalar>::check_since_compile(const char* action) {
  // Before the first step the optimizer has no state: the step collects the variables that are trainable now.
  if (optimizer_->steps() == 0) prepared_ = false;
  if (prepared_) collect_regularized();
  const std::string changes = compiled_trainable_.changes(layer_, optimizer_->steps() > 0);
  if (!changes.empty())
    detail::warn(describe(action), "`trainable` has changed since compile.", changes,
                 " Call compile after setting it.");
}

template <class Scalar>
const Samples<Scalar>& Trainer<Scalar>::matched(const Samples<Scalar>& batch) {
  if (!may_override_steps()) return batch;
  const std::vector<Shape>& outputs = output_shapes_for(batch.x);
  if (outputs.size() != batch.y.count()) return batch;
  bool same_rank = true;
  for (std::size_t i = 0; i < outputs.size(); ++i) same_rank = same_rank && batch.y.at(i).rank() == outputs[i].rank();
  if (same_rank) return batch;
  matched_ = batch;
  unmatched_ = &batch;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    Tensor<Scalar>& t = matched_.y.at(i);
    const Shape& output = outputs[i];
    if (!t.defined()) continue;
    Shape shape = t.shape();
    if (shape.rank() == output.rank() + 1 && shape.back() == 1)
      shape.pop_back();
    else if (output.rank() == shape.rank() + 1 && output.back() == 1)
      shape.push_back(1);
    t = detail::TensorAccess::with_shape(t, shape);
  }
  return matched_;
}

template <class Scalar>
const std::vector<Shape>& Trainer<Scalar>::output_shapes_for(const TensorList<Scalar>& x) {
  if (output_shapes_of_rank_ == x.rank()) [[likely]]
    return output_shapes_;
  output_shapes_.clear();
  output_shapes_of_rank_ = x.rank();
  const auto find = [&] {
    std::vector<Shape> inputs;
    for (std::size_t i = 0; i < x.count(); ++i) inputs.push_back(x.at(i).shape().with(0, unknown_size));
    layer_.ensure_built(inputs);
    output_shapes_ = layer_.compute_output_shapes(inputs);
  };
#if LAMINA_HAS_EXCEPTIONS
  try {
    find();
  } catch (const Error&) {  // the training step throws the same error if it calls the model
  }
#else
  if (computes_output_shapes()) find();
#endif
  return output_shapes_;
}

}  // namespace lamina
