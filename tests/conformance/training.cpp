// Whole runs of fit: the history of every epoch, and the weights, predictions and results of evaluate at the end.
#include <optional>

#include "case.hpp"
#include "models.hpp"
#include "trained.hpp"

namespace lamina::conformance {

namespace {

template <class S>
std::shared_ptr<Model<S>> initial_model(const Case& c) {
  auto model = model_of<S>(c.description().at("model_json"));
  std::vector<Tensor<S>> weights;
  for (std::size_t i = 0; c.contains(text("w", i, "_init")); ++i) weights.push_back(c.array<S>(text("w", i, "_init")));
  model->set_weights(weights);
  return model;
}

/// Returns a strategy given by its name or its configuration.
template <class Family, class Argument>
Argument argument(const Config& described) {
  if (described.is_string()) return Argument(described.as_string());
  return Argument(make<Family>(described));
}

/// Returns the entries of a list, or a list of the only entry.
std::vector<Config> entries(const Config& given) { return given.is_list() ? given.elements() : std::vector{given}; }

template <class S>
CompileOptions<S> compile_options(const Case& c) {
  const Config& d = c.description();
  CompileOptions<S> options{.optimizer = make<OptimizerFamily<S>>(d.at("optimizer"))};
  const Config& loss = d.at("loss");
  std::vector<LossArgument<S>> losses;
  for (const Config& one : entries(loss)) losses.push_back(argument<LossFamily<S>, LossArgument<S>>(one));
  if (loss.is_list())
    options.loss = losses;
  else
    options.loss = LossArguments<S>(losses.front());
  const auto model = model_of<S>(d.at("model_json"));
  const auto add = [&](const char* member, MetricArguments<S>& to) {
    const Config* metrics = d.find(member);
    if (metrics == nullptr || metrics->is_null()) return;
    const std::vector<Config> all = metrics->elements();
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!loss.is_list()) {
        to.push_back(argument<MetricFamily<S>, MetricArgument<S>>(all[i]));
        continue;
      }
      std::vector<MetricArgument<S>> of_output;
      for (const Config& one : entries(all[i])) of_output.push_back(argument<MetricFamily<S>, MetricArgument<S>>(one));
      to.named.push_back({model->output_names().at(i), of_output});
    }
  };
  add("metrics", options.metrics);
  add("weighted_metrics", options.weighted_metrics);
  if (const Config* weights = d.find("loss_weights"); weights != nullptr && !weights->is_null()) {
    std::vector<double> all;
    for (const Config& weight : weights->elements()) all.push_back(weight.as_real());
    options.loss_weights = all;
  }
  return options;
}

template <class S>
FitOptions<S> fit_options(const Case& c) {
  FitOptions<S> options{.verbose = 0};
  for (const auto& [name, value] : c.description().at("fit").members()) {
    if (name == "batch_size")
      options.batch_size = value.template as_integer<Index>();
    else if (name == "epochs")
      options.epochs = value.template as_integer<Index>();
    else if (name == "shuffle")
      options.shuffle = value.as_bool();
    else if (name == "validation_split")
      options.validation_split = value.as_real();
    else if (name == "sample_weight")
      options.sample_weight = TensorList<S>(c.array<S>(value.as_string().substr(std::string_view("array:").size())));
    else if (name == "class_weight")
      for (const auto& [label, weight] : value.members())
        options.class_weight.emplace_back(std::stoll(label), weight.as_real());
    else
      throw Unsupported{text("unknown argument of fit \"", name, "\".")};
  }
  return options;
}

/// Returns the weights that the outputs do not depend on, such as the bias of the key, which softmax cancels. Their
/// gradients consist of rounding errors, and optimizers that normalize gradients make arbitrary updates of them.
std::vector<bool> without_effect(const Case& c) {
  const auto model = initial_model<double>(c);
  const TensorList<double> x = list_of<double>(c, "x");
  GradientTape<double> tape({.persistent = true});
  Tensor<double> total = 0.0;
  for (const Tensor<double>& y : model->apply(x.tensors())) total = total + sum(y * y * y + y);
  double largest = 0;
  std::vector<double> sizes;
  for (const auto& v : model->variables()) {
    const Tensor<double> gradient = tape.gradient(total, v);
    sizes.push_back(gradient.defined() && gradient.size() > 0 ? gradient.array().abs().maxCoeff() : -1);
    largest = std::max(largest, sizes.back());
  }
  std::vector<bool> without;
  for (const double size : sizes) without.push_back(size >= 0 && size < 1e-12 * largest);
  return without;
}

template <class S>
void compare(const Case& c, Check& check, Tolerance tolerance) {
  const std::shared_ptr<Model<S>> held = initial_model<S>(c);
  Model<S>& model = *held;
  model.compile(compile_options<S>(c));
  const FitOptions<S> options = fit_options<S>(c);
  const TensorList<S> x = list_of<S>(c, "x"), y = list_of<S>(c, "y");
  Trained trained{.history = "history_", .logs = {}, .of_history = tolerance, .ending = "_final"};
  for (const std::string& array : c.arrays())
    if (array.rfind(trained.history, 0) == 0) trained.logs.push_back(array.substr(trained.history.size()));
  const std::vector<bool> rounding = without_effect(c);
  compare_training(c, check, model, x, y, options, trained, [&](std::size_t i) -> std::optional<Tolerance> {
    return rounding[i] ? Tolerance{1e-3, 1e-3} : tolerance;
  });
  const TensorList<S> predictions = model.predict(x, {.batch_size = options.batch_size});
  for (std::size_t i = 0; i < predictions.count(); ++i) check.near(text("predict", i), predictions.at(i), tolerance);
  const Logs logs = model.evaluate(x, y, {.batch_size = options.batch_size});
  for (const auto& [name, expected] : c.description().at("evaluate_after").members())
    check.within("evaluate " + name, logs[name], expected.as_real(),
                 tolerance.relative * std::abs(expected.as_real()) + tolerance.absolute);
}

}  // namespace

void run_training(const Case& c, Check& check) {
  compare<float>(c, check, after_training);
  check.set_label("in double, ");
  compare<double>(c, check, float_training_in_double);
}

}  // namespace lamina::conformance
