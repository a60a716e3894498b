// Layers: outputs, gradients of inputs and weights, masks, states, and the variables after a call.
#include "case.hpp"

namespace lamina::conformance {

namespace {

bool is_empty(const Config* value) { return value == nullptr || value->is_null() || value->size() == 0; }

/// Returns the layer built from the constructor arguments; a case lists wrapped layers and cells separately.
Config object_of(const Case& c) {
  const auto resolved_object = [&](const Config& pair) {
    return named_config(pair[0].as_string(), c.resolved(pair[1]));
  };
  Config object = c.object();
  const Config *wrapped = c.description().find("wrapped"), *cells = c.description().find("cells");
  if (!is_empty(wrapped)) object["config"]["layer"] = resolved_object(*wrapped);
  if (!is_empty(cells)) {
    Config all = Config::list();
    for (const Config& cell : cells->elements()) all.push_back(resolved_object(cell));
    Config stacked = Config::map();
    stacked["cells"] = all;
    object["config"]["cell"] = all.size() == 1 ? all[0] : named_config("StackedRNNCells", stacked);
  }
  return object;
}

/// Returns the arrays that "array:NAME" refers to: NAME, or NAME0, NAME1 and so on; null for none.
template <class S>
std::vector<Tensor<S>> arrays_of(const Case& c, const Config& given) {
  std::vector<Tensor<S>> all;
  if (given.is_list()) {
    for (const Config& each : given.elements())
      for (Tensor<S>& array : arrays_of<S>(c, each)) all.push_back(std::move(array));
    return all;
  }
  if (given.is_null()) return {Tensor<S>()};
  const std::string name = given.as_string().substr(std::string_view("array:").size());
  if (c.contains(name)) return {c.array<S>(name)};
  for (std::size_t i = 0; c.contains(text(name, i)); ++i) all.push_back(c.array<S>(text(name, i)));
  if (all.empty()) raise<ValueError>("case ", c.id(), ": there is no array \"", name, "\"");
  return all;
}

template <class S>
std::vector<Tensor<S>> weights_of(const Case& c) {
  std::vector<Tensor<S>> weights;
  for (std::size_t i = 0; c.contains(text("w", i)); ++i) weights.push_back(c.array<S>(text("w", i)));
  return weights;
}

template <class S>
class LayerRun {
 public:
  LayerRun(const Case& c, Check& check, const Config& object) : case_(c), check_(check) {
    const Config& d = c.description();
    const auto layer = make_layer<S>(object);
    std::vector<Tensor<S>> inputs;
    for (Index i = 0; i < d.at("n_inputs").as_integer(); ++i) inputs.push_back(c.array<S>(text("x", i)));
    const std::size_t given = inputs.size();
    CallOptions options{.training = d.at("training").as_bool()};
    read_arguments(options, inputs);

    std::vector<Shape> shapes;
    for (const Tensor<S>& x : inputs) shapes.push_back(x.shape());
    layer->ensure_built(shapes);
    compare_weights(*layer);
    layer->set_weights(weights_of<S>(c));
    GradientTape<S> tape({.persistent = true});
    for (Tensor<S>& x : inputs) tape.watch(x);
    const std::vector<Tensor<S>> outputs = layer->apply(inputs, options);
    Tensor<S> loss = S(0);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      near(text("y", i), outputs[i]);
      if (c.contains(text("r", i))) loss = loss + sum(outputs[i] * c.array<S>(text("r", i)));
    }
    check.that("outputs", !c.contains(text("y", outputs.size())), text("there are only ", outputs.size()));
    if (c.contains("mask_out")) {
      const Tensor<S> mask = get_mask(outputs[0]);
      check.near("mask_out", mask.defined() ? mask.template cast<double>() : Tensor<double>(),
                 c.array<double>("mask_out"), {0, 0});
    }
    if (c.contains("layer_loss0")) {
      Tensor<S> losses = Tensor<S>(S(0));
      for (const Tensor<S>& added : layer->losses()) losses = losses + added;
      near("layer_loss0", losses.detached());
    }
    if (c.contains("r0")) compare_gradients(tape, *layer, inputs, given, loss);
    const auto variables = layer->variables();
    for (std::size_t i = 0; i < variables.size(); ++i) near(text("w", i, "_after"), variables[i].value());
    for (Index call = 1; call < d.at("calls").as_integer(); ++call) {
      const std::vector<Tensor<S>> again = layer->apply(inputs, options);
      for (std::size_t i = 0; i < again.size(); ++i) near(text("call", call, "_y", i), again[i]);
    }
  }

 private:
  /// The arguments of the call: masks, states after the inputs, flags.
  void read_arguments(CallOptions& options, std::vector<Tensor<S>>& inputs) const {
    const Config* given = case_.description().find("call_kwargs");
    if (is_empty(given)) return;
    for (const auto& [name, value] : given->members()) {
      if (name == "mask") {
        options.mask = arrays_of<float>(case_, value);
      } else if (name == "attention_mask") {
        options.attention_mask = arrays_of<float>(case_, value).front();
      } else if (name == "use_causal_mask") {
        options.use_causal_mask = value.as_bool();
      } else if (name == "return_attention_scores") {
        options.return_attention_scores = value.as_bool();
      } else if (name == "initial_state" || name == "count_weights") {
        for (Tensor<S>& state : arrays_of<S>(case_, value)) inputs.push_back(std::move(state));
      } else {
        throw Unsupported{text("unknown argument of call \"", name, "\".")};
      }
    }
  }
  /// In double, PyTorch's matrix products and norms, and some activations of Keras, are computed partly in float.
  /// Layers that normalize always compute in float: their float and double results are equal.
  Tolerance tolerance() const {
    const std::string& class_name = case_.description().at("class_name").as_string();
    if (sizeof(S) == sizeof(float)) return precision_of<S>;
    const auto is_one_of = [&](const char* word) { return class_name.find(word) != std::string::npos; };
    for (const char* deep : {"Attention", "RNN", "LSTM", "GRU", "Bidirectional"})
      if (is_one_of(deep)) return float_chains_in_double;
    if (is_one_of("Normalization") && case_.description().at("max_abs_f32_minus_f64").as_real() == 0)
      return single_precision;
    const bool passes_through_float = case_.contains("w0") || class_name == "Activation" || class_name == "Dot" ||
                                      class_name == "UnitNormalization" || class_name == "Normalization" ||
                                      is_one_of("GlobalAveragePooling");
    return passes_through_float ? float_products_in_double : precision_of<S>;
  }
  void near(const std::string& array, const Tensor<S>& got) {
    const std::string name = array + ending_of<S>, exact = array + ending_of<double>;
    if (!case_.contains(name)) return;
    if (!got.defined()) return check_.fail(name, "got no tensor");
    check_.near(name, got.template cast<double>(), case_.array<double>(name), tolerance(),
                sizeof(S) == sizeof(float) ? case_.array_if_any<double>(exact) : Tensor<double>());
  }

  void compare_weights(const Layer<S>& layer) {
    const auto variables = layer.variables();
    const auto& expected = case_.description().at("weights").elements();
    check_.that("weights", variables.size() == expected.size(),
                text("got ", variables.size(), ", expected ", expected.size()));
    for (std::size_t i = 0; i < std::min(variables.size(), expected.size()); ++i) {
      Shape shape;
      argument_from_config(expected[i].at("shape"), shape);
      const std::string& name = expected[i].at("name").as_string();
      const bool trainable = expected[i].at("trainable").as_bool();
      check_.that(text("weight ", i),
                  variables[i].name() == name && variables[i].shape() == shape && variables[i].trainable() == trainable,
                  text("got ", variables[i].name(), " ", variables[i].shape(), ", expected ", name, " ", shape));
    }
  }

  void compare_gradients(GradientTape<S>& tape, const Layer<S>& layer, const std::vector<Tensor<S>>& inputs,
                         std::size_t given, const Tensor<S>& loss) {
    for (std::size_t i = 0; i < given; ++i) {
      if (!case_.contains(text("dx", i))) continue;
      const Tensor<S> dx = tape.gradient(loss, inputs[i]);
      near(text("dx", i), dx.defined() ? dx : Tensor<S>::zeros(inputs[i].shape()));
    }
    const auto variables = layer.variables();
    for (std::size_t i = 0; i < variables.size(); ++i) {
      if (!case_.contains(text("dw", i))) continue;
      const Tensor<S> dw = tape.gradient(loss, variables[i]);
      near(text("dw", i), dw.defined() ? dw : Tensor<S>::zeros(variables[i].shape()));
    }
  }

  const Case& case_;
  Check& check_;
};

void compare(const Case& c, Check& check, const Config& object) {
  const LayerRun<float> single(c, check, object);
  const LayerRun<double> twice(c, check, object);
}

}  // namespace

void run_layer(const Case& c, Check& check) {
  by_constructor_and_config(c, check, object_of(c), [&](const Config& object) { compare(c, check, object); });
}

}  // namespace lamina::conformance
