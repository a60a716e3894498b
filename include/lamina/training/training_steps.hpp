#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lamina/ops/logits.hpp"
#include "lamina/training/trainer.hpp"

// Trainer: compile, and one step on one batch.

namespace lamina {

template <class Scalar>
Trainer<Scalar>& Trainer<Scalar>::operator=(Trainer&& other) noexcept {
  optimizer_ = std::move(other.optimizer_);
  loss_and_metrics_ = std::move(other.loss_and_metrics_);
  compiled_trainable_ = std::move(other.compiled_trainable_);
  prepared_ = false;
  output_shapes_of_rank_ = -1;
  return *this;
}

template <class Scalar>
void Trainer<Scalar>::compile(CompileOptions<Scalar> options) {
  auto loss_and_metrics = std::make_shared<detail::CompiledLossAndMetrics<Scalar>>(options, named_outputs(),
                                                                                   layer_.class_name() + ", compile: ");
  optimizer_ = options.optimizer.resolve();
  loss_and_metrics_ = std::move(loss_and_metrics);
  prepared_ = false;
  compiled_trainable_.remember(layer_);
  output_shapes_of_rank_ = -1;
  compile_options_ = std::move(options);
}

template <class Scalar>
Logs Trainer<Scalar>::train_on_batch(const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                                     const TensorList<Scalar>& sample_weight) {
  require_compiled("train_on_batch");
  check_data("train_on_batch", x, y, 1);
  bool changed = optimizer_->steps() == 0;
  for (const Variable<Scalar>& v : trained_) changed = changed || !v.trainable();
  if (changed) [[unlikely]]
    check_since_compile("train_on_batch");
  loss_and_metrics_->reset();
  train_step(matched(prepared("train_on_batch", x, y, sample_weight)));
  Logs logs;
  loss_and_metrics_->collect(logs, "");
  return logs;
}

template <class Scalar>
Logs Trainer<Scalar>::test_on_batch(const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                                    const TensorList<Scalar>& sample_weight) {
  require_compiled("test_on_batch");
  check_data("test_on_batch", x, y, 1);
  loss_and_metrics_->reset();
  test_step(matched(prepared("test_on_batch", x, y, sample_weight)));
  Logs logs;
  loss_and_metrics_->collect(logs, "");
  return logs;
}

// ---- One step

template <class Scalar>
Scalar Trainer<Scalar>::train_step(const Samples<Scalar>& batch) {
  const CallContext::Training training(true);
  const CallContext::Step step(random_seed(), static_cast<std::uint64_t>(optimizer_->steps()));
  const detail::KeepLogits<Scalar> keep_logits;
  if (!prepared_) prepare(batch);
  GradientTape<Scalar> tape;
  if (calls_many(batch)) return update(tape, batch, outputs_for(batch).data());
  const Tensor<Scalar> y_pred = layer_(batch.x);
  return update(tape, batch, &y_pred);
}

template <class Scalar>
Scalar Trainer<Scalar>::update(GradientTape<Scalar>& tape, const Samples<Scalar>& batch, const Tensor<Scalar>* y_pred) {
  const Tensor<Scalar> loss = total_loss(batch, y_pred);
  tape.gradient_into(gradients_, optimizer_->scale_loss(loss), trained_);
  optimizer_->apply_gradients(gradients_, trained_);
  for (auto& g : gradients_) g = Tensor<Scalar>();
  return record_batch(loss, batch, y_pred);
}

template <class Scalar>
Scalar Trainer<Scalar>::test_step(const Samples<Scalar>& batch) {
  const CallContext::Training inference(false);
  const NoGradient<Scalar> no_gradient;
  const detail::KeepLogits<Scalar> keep_logits;
  if (!prepared_) prepare(batch);
  if (calls_many(batch)) {
    const std::vector<Tensor<Scalar>> y_pred = outputs_for(batch);
    return record_batch(total_loss(batch, y_pred.data()), batch, y_pred.data());
  }
  const Tensor<Scalar> y_pred = layer_(batch.x);
  return record_batch(total_loss(batch, &y_pred), batch, &y_pred);
}

template <class Scalar>
void Trainer<Scalar>::prepare(const Samples<Scalar>& batch) {
  if (!layer_.built()) {
    std::vector<Shape> shapes;
    for (std::size_t i = 0; i < batch.x.count(); ++i) shapes.push_back(batch.x.at(i).shape());
    layer_.ensure_built(shapes);
  }
  trained_ = layer_.trainable_variables();
  collect_regularized();
  compiled_trainable_.remember_variables(layer_);
  prepared_ = true;
}

template <class Scalar>
std::vector<Tensor<Scalar>> Trainer<Scalar>::outputs_for(const Samples<Scalar>& batch) const {
  std::vector<Tensor<Scalar>> outputs = layer_.apply(batch.x.tensors());
  check_outputs(outputs.size());
  return outputs;
}

template <class Scalar>
void Trainer<Scalar>::check_outputs(std::size_t count) const {
  if (count != loss_and_metrics_->size())
    raise<ValueError>(describe("compile"), "there are losses for ", loss_and_metrics_->size(),
                      " outputs, and the model has ", count,
                      ". Pass one loss per output: {.loss = {\"mse\", \"mae\"}}.");
}

template <class Scalar>
Tensor<Scalar> Trainer<Scalar>::total_loss(const Samples<Scalar>& batch, const Tensor<Scalar>* y_pred) {
  Tensor<Scalar> loss = loss_and_metrics_->loss(original(batch).y, y_pred, batch.sample_weight);
  const auto add = [&](const Tensor<Scalar>& added) { loss = loss.defined() ? loss + added : added; };
  for (const auto& v : regularized_) add(v.regularizer()(v.value()));
  layer_.added_losses(add);
  if (!loss.defined())
    raise<ValueError>(describe("fit"), "there is nothing to minimize: compile was given no loss, and no layer adds ",
                      "one. Pass one to compile: {.loss = \"mean_squared_error\"}.");
  if (loss.rank() != 0)
    raise<ShapeError>(describe("loss"), "expected one number (rank 0), got shape ", loss.shape(),
                      ". Use a loss that reduces its values.");
  return loss;
}

template <class Scalar>
Scalar Trainer<Scalar>::record_batch(const Tensor<Scalar>& loss, const Samples<Scalar>& batch,
                                     const Tensor<Scalar>* y_pred) {
  const Scalar value = loss.item();
  loss_and_metrics_->record(value, original(batch).y, y_pred, batch.sample_weight);
  return value;
}

LAMINA_COMPILED_CLASS(Trainer);

}  // namespace lamina
