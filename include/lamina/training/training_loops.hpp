#pragma once
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "lamina/core/classify.hpp"
#include "lamina/core/list.hpp"
#include "lamina/core/warning.hpp"
#include "lamina/training/trainer.hpp"

// Trainer: the loops of fit, evaluate and predict.

namespace lamina {

template <class Scalar>
History Trainer<Scalar>::fit(const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                             const FitOptions<Scalar>& options) {
  require_compiled("fit");
  check_fit(x, y, options);
  Samples<Scalar> train = prepared("fit", x, y, weights_of("fit", y, options));
  if (!options.callbacks.empty() && !layer_.built()) {
    std::vector<Shape> shapes;
    for (std::size_t i = 0; i < train.x.count(); ++i) shapes.push_back(train.x.at(i).shape().with(0, unknown_size));
    layer_.ensure_built(shapes);
  }
  std::optional<Samples<Scalar>> validation_samples;
  if (options.validation_data)
    validation_samples = prepared("fit, validation_data", options.validation_data->x, options.validation_data->y,
                                  options.validation_data->sample_weight);
  if (options.validation_split > 0 && !validation_samples) {
    const Index n = train.x.shape()[0];
    const auto training_count = static_cast<Index>(static_cast<double>(n) * (1.0 - options.validation_split));
    validation_samples = detail::rows_of(train, training_count, n);
    if (!options.class_weight.empty()) validation_samples->sample_weight = {};  // class weights apply to training only
    train = detail::rows_of(train, 0, training_count);
  }
  const ArrayBatches<Scalar> batches(std::move(train), {options.batch_size, options.shuffle, random_seed()});
  if (!validation_samples) return run_training(batches, true, nullptr, options);
  const ArrayBatches<Scalar> validation(std::move(*validation_samples),
                                        {options.validation_batch_size.value_or(options.batch_size)});
  return run_training(batches, true, &validation, options);
}

template <class Scalar>
History Trainer<Scalar>::fit(const BatchSource<Scalar>& batches, const FitOptions<Scalar>& options,
                             const BatchSource<Scalar>* validation) {
  require_compiled("fit");
  check_options(options);
  if (options.validation_split > 0 || options.sample_weight.defined() || !options.class_weight.empty())
    raise<ValueError>(describe("fit"), "validation_split, sample_weight and class_weight require samples in memory. ",
                      "The batches of a Dataset contain their own weights.");
  if (validation != nullptr || !options.validation_data) return run_training(batches, false, validation, options);
  check_data("fit, validation_data", options.validation_data->x, options.validation_data->y, options.batch_size);
  const ArrayBatches<Scalar> validation_samples(
      prepared("fit, validation_data", options.validation_data->x, options.validation_data->y,
               options.validation_data->sample_weight),
      {options.validation_batch_size.value_or(options.batch_size)});
  return run_training(batches, false, &validation_samples, options);
}

template <class Scalar>
Logs Trainer<Scalar>::evaluate(const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                               const EvaluateOptions<Scalar>& options) {
  require_compiled("evaluate");
  check_data("evaluate", x, y, options.batch_size);
  check_weights("evaluate", options.sample_weight, x.shape()[0]);
  return evaluate(ArrayBatches<Scalar>(prepared("evaluate", x, y, options.sample_weight), {options.batch_size}),
                  options);
}

template <class Scalar>
Logs Trainer<Scalar>::evaluate(const BatchSource<Scalar>& batches, const EvaluateOptions<Scalar>& options) {
  require_compiled("evaluate");
  check_positive("evaluate", "steps", options.steps);
  const Hooks hooks(callback_model(), options.callbacks, {options.verbose, 1, batches.steps()});
  Index steps = batches.steps();
  if (options.steps) steps = steps == 0 ? *options.steps : (std::min)(steps, *options.steps);
  Progress progress(options.verbose, steps);
  const auto cursor = batches.open();
  const Index done = run_evaluation(*cursor, options.steps, &progress, hooks, options.stop).steps;
  if (done == 0) raise<ValueError>(describe("evaluate"), "there are no batches. Pass at least one sample.");
  Logs logs;
  loss_and_metrics_->collect(logs, "");
  hooks.call(&Callback<Scalar>::on_test_end, logs);
  progress.finish(done, logs);
  return logs;
}

template <class Scalar>
TensorList<Scalar> Trainer<Scalar>::predict(const TensorList<Scalar>& x, const PredictOptions<Scalar>& options) const {
  if (options.batch_size < 1)
    raise<ValueError>(describe("predict"), "expected batch_size >= 1, got ", options.batch_size);
  check_positive("predict", "steps", options.steps);
  if (x.rank() == 0)
    raise<ShapeError>(describe("predict"),
                      "expected samples along the first axis, got a tensor of rank 0. Pass a batch.");
  const Index n = x.shape()[0];
  for (std::size_t i = 1; i < x.count(); ++i)
    if (x.at(i).rank() == 0 || x.at(i).shape()[0] != n)
      raise<ValueError>(describe("predict"), "the inputs have different numbers of samples: shapes ", x.shape(),
                        " and ", x.at(i).shape(), ". Expected one size of the first axis.");
  if (x.count() == 1 && !has_several_outputs() && (n == 0 || (n <= options.batch_size && options.callbacks.empty()))) {
    const NoGradient<Scalar> no_gradient;
    const CallContext::Training inference(false);
    if (x.rank() == 1) return layer_(prepared_inputs("predict", x)).detached();
    return layer_(x).detached();
  }
  const ArrayBatches<Scalar> batches({prepared_inputs("predict", x)}, {options.batch_size});
  typename ArrayBatches<Scalar>::Cursor cursor(batches);
  Index steps = batches.steps();
  if (options.steps) steps = (std::min)(steps, *options.steps);
  return run_prediction(cursor, steps, (std::min)(n, steps * options.batch_size), options);
}

template <class Scalar>
TensorList<Scalar> Trainer<Scalar>::predict(const BatchSource<Scalar>& batches,
                                            const PredictOptions<Scalar>& options) const {
  check_positive("predict", "steps", options.steps);
  return run_prediction(*batches.open(), batches.steps(), 0, options);
}

// ---- The loops

template <class Scalar>
History Trainer<Scalar>::run_training(const BatchSource<Scalar>& batches, bool in_order,
                                      const BatchSource<Scalar>* validation, const FitOptions<Scalar>& options) {
  Index steps = batches.steps();
  if (options.steps_per_epoch)
    steps = steps == 0 ? *options.steps_per_epoch : (std::min)(steps, *options.steps_per_epoch);
  check_since_compile("fit");
  const Hooks hooks(callback_model(), options.callbacks, {options.verbose, options.epochs, steps});
  // With steps_per_epoch, a source of unknown length or a repeated one continues where the last epoch ended.
  const bool continues = options.steps_per_epoch && batches.steps() == 0;
  const auto cursor = batches.open();
  std::unique_ptr<BatchCursor<Scalar>> validation_cursor;
  History history;
  history.reserve(options.epochs - options.initial_epoch);
  Logs logs;
  const bool custom_steps = may_override_steps(), stoppable = options.stop.possible();
  bool warned = false;
  stopping_ = interrupted_ = false;
  resumed_ = {options.initial_epoch, 0, 0};
  for (const auto& callback : options.callbacks) callback->validate();
  hooks.call(&Callback<Scalar>::on_train_begin);
  const auto [first_epoch, done_before, first_steps] = resumed_;
  for (Index epoch = first_epoch; epoch < options.epochs && !stopping_; ++epoch) {
    if (stoppable && options.stop.requested()) {
      interrupted_ = true;
      break;
    }
    Progress progress(options.verbose, steps);
    progress.begin_epoch(epoch, options.epochs);
    // Values that callbacks add, and those of a validation, are not carried over to the next epoch.
    if (!options.callbacks.empty() || options.validation_freq > 1) logs = Logs();
    hooks.call(&Callback<Scalar>::on_epoch_begin, epoch);
    loss_and_metrics_->reset();
    Index step = epoch == first_epoch ? done_before : 0;
    if (!continues) {
      cursor->restart(static_cast<std::uint64_t>(step == 0 ? optimizer_->steps() : first_steps));
      for (Index i = 0; i < step; ++i) cursor->next();
    } else if (epoch == first_epoch) {
      cursor->restart(0);
      for (Index i = 0; i < (epoch - options.initial_epoch) * steps + step; ++i) cursor->next();
    }
    for (; !options.steps_per_epoch || step < *options.steps_per_epoch; ++step) {
      const Samples<Scalar>* batch = cursor->next();
      if (batch == nullptr) break;
      if (stoppable && options.stop.requested()) {
        interrupted_ = true;
        break;
      }
      hooks.call_batch(&Callback<Scalar>::on_train_batch_begin, step);
      const Samples<Scalar>& ordered = in_order ? *batch : arranged("fit", *batch, custom_steps);
      const Scalar loss = train_step(custom_steps ? matched(ordered) : ordered);
      if (!is_finite(loss) && !warned) {
        warned = true;
        warn_of_loss(loss, epoch, step);
      }
      const bool shows = progress.due();
      if (shows || hooks.has_batch_hooks()) loss_and_metrics_->collect(logs, "");
      if (shows) progress.update(step + 1, logs);
      if (hooks.has_batch_hooks()) {
        hooks.call_batch(&Callback<Scalar>::on_train_batch_end, step, logs);
        if (stopping_) {
          ++step;
          break;
        }
      }
    }
    if (interrupted_) [[unlikely]] {
      if (step > (epoch == first_epoch ? done_before : 0)) loss_and_metrics_->collect(logs, "");
      progress.finish(step, logs);
      break;
    }
    if (step == 0)
      raise<ValueError>(describe("fit"), "there are no batches in epoch ", epoch + 1, ". Pass at least one sample.");
    loss_and_metrics_->collect(logs, "");
    if (validation != nullptr && (epoch + 1) % options.validation_freq == 0) {
      const detail::SampleMean train_loss = loss_and_metrics_->total();
      if (validation_cursor == nullptr) validation_cursor = validation->open();
      interrupted_ =
          !run_evaluation(*validation_cursor, options.validation_steps, nullptr, hooks, options.stop).complete;
      if (!interrupted_) loss_and_metrics_->collect(logs, "val_");
      hooks.call(&Callback<Scalar>::on_test_end, logs);
      loss_and_metrics_->set_total(train_loss);
      if (interrupted_) {
        progress.finish(step, logs);
        break;
      }
    }
    hooks.call(&Callback<Scalar>::on_epoch_end, epoch, logs);
    progress.finish(step, logs);
    history.append(epoch, logs);
  }
  matched_ = Samples<Scalar>();
  arranged_ = Samples<Scalar>();
  optimizer_->finalize_variable_values(trained_);
  hooks.call(&Callback<Scalar>::on_train_end, logs);
  return history;
}

template <class Scalar>
void Trainer<Scalar>::warn_of_loss(Scalar loss, Index epoch, Index step) const {
  detail::warn(describe("fit"), "the loss is ", static_cast<double>(loss), " at epoch ", epoch + 1, ", step ", step + 1,
               ". Lower the learning rate, or check the data for NaN and infinity.");
}

template <class Scalar>
TensorList<Scalar> Trainer<Scalar>::run_prediction(BatchCursor<Scalar>& cursor, Index steps, Index rows,
                                                   const PredictOptions<Scalar>& options) const {
  const NoGradient<Scalar> no_gradient;
  const CallContext::Training inference(false);
  const Hooks hooks(const_cast<Trainer&>(*this).callback_model(), options.callbacks, {0, 1, steps});
  hooks.call(&Callback<Scalar>::on_predict_begin);
  cursor.restart(0);
  TensorList<Scalar> all;
  List<TensorList<Scalar>> parts;  // used if the number of rows is unknown
  Index filled = 0;
  for (Index step = 0; !options.steps || step < *options.steps; ++step) {
    const Samples<Scalar>* batch = cursor.next();
    if (batch == nullptr || (step > 0 && options.stop.requested())) break;
    hooks.call_batch(&Callback<Scalar>::on_predict_batch_begin, step);
    const TensorList<Scalar> named =
        batch->x.names().empty() ? TensorList<Scalar>() : prepared_inputs("predict", batch->x);
    const TensorList<Scalar>& x = named.count() == 0 ? batch->x : named;
    const bool many = x.count() > 1 || has_several_outputs();
    const TensorList<Scalar> outputs =
        many ? TensorList<Scalar>(layer_.apply(x.tensors())) : TensorList<Scalar>(layer_(x));
    const Index count = x.shape()[0];
    for (std::size_t k = 0; k < outputs.count(); ++k) {
      const Tensor<Scalar>& part = outputs.at(k);
      if (part.rank() == 0 || part.shape()[0] != count)
        raise<ShapeError>(describe("predict"), "expected outputs with ", count, " rows for a batch of ", count,
                          " samples, got shape ", part.shape(), ", which cannot be concatenated with other batches. ",
                          "Keep the batch axis in the model, or predict in one batch.");
      const TensorList<Scalar>& first = rows > 0 ? all : parts.empty() ? outputs : parts.front();
      if (k < first.count() && first.at(k).shape().with(0, count) != part.shape())
        raise<ShapeError>(describe("predict"), "one batch has outputs of shape ", first.at(k).shape().with(0, count),
                          ", another of shape ", part.shape(), ", which cannot be concatenated. ",
                          "Pad all samples to one size, or predict batch by batch.");
      if (rows == 0) continue;
      if (all.count() <= k) all.append(Tensor<Scalar>::empty(part.shape().with(0, rows)));
      std::copy(part.data(), part.data() + part.size(),
                detail::TensorAccess::data(all.at(k)) + filled * (all.at(k).size() / rows));
    }
    filled += count;
    if (rows == 0) parts.push_back(outputs);
    hooks.call_batch(&Callback<Scalar>::on_predict_batch_end, step);
  }
  hooks.call(&Callback<Scalar>::on_predict_end);
  if (rows > 0 && filled < rows)  // options.stop ended the loop
    for (std::size_t k = 0; k < all.count(); ++k) all.at(k) = all.at(k).rows_view(0, filled).copy();
  if (rows > 0) return all;
  if (parts.empty()) raise<ValueError>(describe("predict"), "there are no batches. Pass at least one sample.");
  for (std::size_t k = 0; k < parts.front().count(); ++k) {
    all.append(Tensor<Scalar>::empty(parts[0].at(k).shape().with(0, filled)));
    Scalar* to = detail::TensorAccess::data(all.at(k));
    for (const auto& part : parts) to = std::copy(part.at(k).data(), part.at(k).data() + part.at(k).size(), to);
  }
  return all;
}

template <class Scalar>
typename Trainer<Scalar>::Evaluation Trainer<Scalar>::run_evaluation(BatchCursor<Scalar>& cursor,
                                                                     std::optional<Index> steps, Progress* progress,
                                                                     const Hooks& hooks, const StopCondition& stop) {
  loss_and_metrics_->reset();
  hooks.call(&Callback<Scalar>::on_test_begin);
  cursor.restart(0);
  const bool custom_steps = may_override_steps();
  Index step = 0;
  for (; !steps || step < *steps; ++step) {
    const Samples<Scalar>* batch = cursor.next();
    if (batch == nullptr) break;
    if (step > 0 && stop.requested()) return {step, false};
    hooks.call_batch(&Callback<Scalar>::on_test_batch_begin, step);
    const Samples<Scalar>& ordered = arranged("evaluate", *batch, custom_steps);
    test_step(custom_steps ? matched(ordered) : ordered);
    if (hooks.has_batch_hooks() || (progress != nullptr && progress->due())) {
      Logs logs;
      loss_and_metrics_->collect(logs, "");
      if (progress != nullptr && progress->shows_bar()) progress->update(step + 1, logs);
      hooks.call_batch(&Callback<Scalar>::on_test_batch_end, step, logs);
    }
  }
  return {step, true};
}

}  // namespace lamina
