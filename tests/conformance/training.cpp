// Whole runs of fit: the history of every epoch, the weights and predictions at the end, and what evaluate says then.
#include "case.hpp"

namespace lamina::conformance {

namespace {

/// A class that is missing in the model is one that the case cannot be run without.
template <class S>
void require_layers(const Config& layers) {
  for (const Config& layer : layers.elements()) {
    if (layer.at("class_name").as_string() == "Sequential")
      require_layers<S>(layer.at("config").at("layers"));
    else
      make<LayerFamily<S>>(layer);
  }
}

template <class S>
Sequential<S> model_of(const Case& c) {
  const Config& described = c.description().at("model_json");
  const std::string& class_name = described.at("class_name").as_string();
  if (class_name != "Sequential") throw Unsupported{text("unknown model \"", class_name, "\".")};
  require_layers<S>(described.at("config").at("layers"));
  Sequential<S> model = Sequential<S>::from_config(described.at("config"));
  std::vector<Tensor<S>> weights;
  for (std::size_t i = 0; c.contains(text("w", i, "_init")); ++i) weights.push_back(c.array<S>(text("w", i, "_init")));
  model.set_weights(weights);
  return model;
}

/// A name, or an object described.
template <class Family, class Argument>
Argument argument(const Config& described) {
  if (described.is_string()) return Argument(described.as_string());
  return Argument(make<Family>(described));
}

template <class S>
CompileOptions<S> compile_options(const Case& c) {
  const Config& d = c.description();
  CompileOptions<S> options{.optimizer = make<OptimizerFamily<S>>(d.at("optimizer")),
                            .loss = argument<LossFamily<S>, LossArgument<S>>(d.at("loss"))};
  const auto add = [&](const char* member, std::vector<MetricArgument<S>>& to) {
    const Config* metrics = d.find(member);
    if (metrics == nullptr || metrics->is_null()) return;
    for (const Config& metric : metrics->elements()) to.push_back(argument<MetricFamily<S>, MetricArgument<S>>(metric));
  };
  add("metrics", options.metrics);
  add("weighted_metrics", options.weighted_metrics);
  return options;
}

template <class S>
FitOptions<S> fit_options(const Case& c) {
  FitOptions<S> options{.verbose = 0};
  for (const auto& [name, value] : c.description().at("fit").members()) {
    if (name == "batch_size")
      options.batch_size = value.as_integer();
    else if (name == "epochs")
      options.epochs = value.as_integer();
    else if (name == "shuffle")
      options.shuffle = value.as_bool();
    else if (name == "validation_split")
      options.validation_split = value.as_real();
    else if (name == "sample_weight")
      options.sample_weight = c.array<S>(value.as_string().substr(std::string_view("array:").size()));
    else if (name == "class_weight")
      for (const auto& [label, weight] : value.members())
        options.class_weight.emplace_back(std::stoll(label), weight.as_real());
    else
      throw Unsupported{text("unknown argument of fit \"", name, "\".")};
  }
  return options;
}

template <class S>
void compare(const Case& c, Check& check, Tolerance tolerance) {
  Sequential<S> model = model_of<S>(c);
  model.compile(compile_options<S>(c));
  const FitOptions<S> options = fit_options<S>(c);
  const Tensor<S> x = c.array<S>("x0"), y = c.array<S>("y0");
  const History history = model.fit(x, y, options);

  constexpr std::string_view prefix = "history_";
  for (const std::string& array : c.arrays()) {
    if (array.rfind(prefix, 0) != 0) continue;
    const std::string name = array.substr(prefix.size());
    const Tensor<double> expected = c.array<double>(array);
    if (!history.contains(name) || history[name].size() != static_cast<std::size_t>(expected.size())) {
      check.fail(array, "there is no such history");
      continue;
    }
    Tensor<double> got = Tensor<double>::zeros(expected.shape());
    for (Index i = 0; i < got.size(); ++i) got.mutable_data()[i] = history[name][static_cast<std::size_t>(i)];
    check.near(array, got, expected, tolerance);
  }
  const std::vector<Tensor<S>> weights = model.get_weights();
  for (std::size_t i = 0; i < weights.size(); ++i) check.near(text("w", i, "_final"), weights[i], tolerance);
  check.near("predict0", model.predict(x, {.batch_size = options.batch_size}), tolerance);
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
