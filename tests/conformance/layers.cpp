// Layers of one input: the output, the gradients of the input and the weights, and what a call leaves behind.
#include "case.hpp"

namespace lamina::conformance {

namespace {

bool is_empty(const Config* value) { return value == nullptr || value->is_null() || value->size() == 0; }

/// What a case needs that is not built yet.
void require_simple(const Config& d) {
  if (d.at("n_inputs").as_integer() != 1) throw Unsupported{"several inputs"};
  if (!is_empty(d.find("call_kwargs"))) throw Unsupported{"arguments of call"};
  if (!is_empty(d.find("wrapped")) || !is_empty(d.find("cells"))) throw Unsupported{"layers that hold layers"};
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
    const auto layer = make<LayerFamily<S>>(object);
    Tensor<S> x = c.array<S>("x0");
    layer->ensure_built(x.shape());
    compare_weights(*layer);
    layer->set_weights(weights_of<S>(c));
    GradientTape<S> tape({.persistent = true});
    tape.watch(x);
    const Tensor<S> y = (*layer)(x, {.training = c.description().at("training").as_bool()});
    near("y0", y);
    if (c.contains("layer_loss0")) {
      Tensor<S> losses = Tensor<S>(S(0));
      for (const Tensor<S>& loss : layer->losses()) losses = losses + loss;
      near("layer_loss0", losses.detached());
    }
    if (c.contains("r0")) compare_gradients(tape, *layer, x, sum(y * c.array<S>("r0")));
    const auto variables = layer->variables();
    for (std::size_t i = 0; i < variables.size(); ++i) near(text("w", i, "_after"), variables[i].value());
  }

 private:
  /// PyTorch's matrix products and some of Keras's activations pass through float in double.
  Tolerance tolerance() const {
    const bool passes_through_float =
        case_.contains("w0") || case_.description().at("class_name").as_string() == "Activation";
    return sizeof(S) == sizeof(double) && passes_through_float ? float_products_in_double : precision_of<S>;
  }
  void near(const std::string& array, const Tensor<S>& got) {
    const std::string name = array + ending_of<S>;
    if (case_.contains(name)) check_.near(name, got, tolerance());
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

  void compare_gradients(GradientTape<S>& tape, const Layer<S>& layer, const Tensor<S>& x, const Tensor<S>& loss) {
    if (case_.contains("dx0")) {
      const Tensor<S> dx = tape.gradient(loss, x);
      near("dx0", dx.defined() ? dx : Tensor<S>::zeros(x.shape()));
    }
    const auto variables = layer.variables();
    for (std::size_t i = 0; i < variables.size(); ++i)
      if (case_.contains(text("dw", i))) near(text("dw", i), tape.gradient(loss, variables[i]));
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
  require_simple(c.description());
  by_constructor_and_config(c, check, [&](const Config& object) { compare(c, check, object); });
}

}  // namespace lamina::conformance
