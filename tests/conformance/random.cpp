// Random models: as in the group `models`, also in training mode, and ten training steps.
#include <algorithm>
#include <cmath>
#include <optional>

#include "case.hpp"
#include "files.hpp"
#include "json.hpp"
#include "models.hpp"
#include "trained.hpp"

namespace lamina::conformance {

namespace {

double largest(const Tensor<double>& values) {
  double most = 0;
  for (Index i = 0; i < values.size(); ++i) most = std::max(most, std::fabs(values[i]));
  return most;
}

/// Returns the rounding error of Keras's float results in an array, from the case: the difference of float and double,
/// relative to the largest element. Other float results may differ by a small multiple of it.
Tolerance within_rounding(const Case& c, const std::string& array) {
  const Config* noise = c.description().at("relative_f32_minus_f64").find(array);
  const double relative = noise == nullptr ? 0 : noise->as_real();
  const double absolute = (1e-5 + 4 * relative) * largest(c.array<double>(array));
  return {whole_model.relative, std::max(whole_model.absolute, absolute)};
}

/// Tolerance of the losses before each of ten steps, by the same rule: from the difference of Keras's float and double.
Tolerance of_losses(const Config& training) {
  return {1e-5 + 4 * training.at("loss_f32_minus_f64").as_real(), whole_model.absolute};
}
/// Tolerance of a weight after ten steps: rounding errors of gradients are relative to the change of the weights, not
/// to their size.
Tolerance after_ten_steps(const Case& c, std::size_t weight) {
  const Tensor<double> after = c.array<double>(text("w", weight, "_after"));
  const double moved = largest(after - c.array<double>(text("w", weight)));
  return {1e-4, std::max(2e-5, 1e-4 * largest(after) + 1e-3 * moved)};
}

/// Returns the weights whose gradients consist of rounding errors only; their updates are not compared.
std::vector<bool> only_rounding(const Config& training, std::size_t count) {
  std::vector<bool> rounding(count);
  for (const Config& index : training.at("rounding_only").elements())
    rounding.at(static_cast<std::size_t>(index.as_integer())) = true;
  return rounding;
}

/// One batch per epoch: the loss of an epoch is that before its step.
template <class S>
void compare_steps(const Case& c, Check& check, const Config& training) {
  const std::shared_ptr<Model<S>> model = model_with_weights<S>(c, check);
  const std::size_t outputs = model->output_names().size();
  const std::string loss = training.at("loss").as_string();
  model->compile({.optimizer = make<OptimizerFamily<S>>(training.at("optimizer")),
                  .loss = std::vector<LossArgument<S>>(outputs, LossArgument<S>(loss))});
  const FitOptions<S> options{.batch_size = training.at("batch_size").as_integer<Index>(),
                              .epochs = training.at("epochs").as_integer<Index>(),
                              .verbose = 0,
                              .shuffle = training.at("shuffle").as_bool()};
  const std::vector<bool> rounding = only_rounding(training, model->variables().size());
  compare_training(c, check, *model, list_of<S>(c, "x"), list_of<S>(c, "train_target"), options,
                   {.history = "train_", .logs = {"loss"}, .of_history = of_losses(training), .ending = "_after"},
                   [&](std::size_t i) -> std::optional<Tolerance> {
                     if (rounding[i] || !c.contains(text("w", i, "_after"))) return std::nullopt;
                     return after_ten_steps(c, i);
                   });
}

bool differs_in_training(const Case& c) {
  for (const std::string& array : c.arrays())
    for (const char* prefix : {"train_y", "train_dx", "train_dw"})
      if (array.rfind(prefix, 0) == 0) return true;
  return false;
}

template <class S>
void compare(const Case& c, Check& check) {
  const auto tolerance = [&](const std::string& array) { return within_rounding(c, array); };
  compare_model<S>(c, check, "", false, tolerance);
  if (differs_in_training(c)) compare_model<S>(c, check, "train_", true, tolerance);
  const Config& training = c.description().at("training");
  if (!training.is_null()) compare_steps<S>(c, check, training);
}

}  // namespace

void run_random(const Case& c, Check& check) {
  compare<float>(c, check);
  check.set_label("in double, ");
  compare<double>(c, check);
  compare_files(c, check);
}

}  // namespace lamina::conformance
