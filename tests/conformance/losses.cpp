#include "case.hpp"

namespace lamina::conformance {

namespace {

/// The weights and the mask of a loss.
struct Weights {
  std::string weight, mask;  // names of arrays; empty: none
};

template <class S>
struct Result {
  Tensor<S> value, gradient;

  Result(const Case& c, const Config& object, const Weights& weights) {
    const auto loss = make<LossFamily<S>>(object);
    Tensor<S> y_pred = c.array<S>("y_pred");
    GradientTape<S> tape;
    tape.watch(y_pred);
    value = (*loss)(c.array<S>("y_true"), y_pred, c.array_if_any<S>(weights.weight), c.array_if_any<S>(weights.mask));
    gradient = tape.gradient(sum(value), y_pred);
    if (!gradient.defined()) gradient = Tensor<S>::zeros(y_pred.shape());
  }
};

/// Compares the loss and its gradient for a reduction and a kind of weights or mask: arrays "sum", "sum_sw",
/// "mean_mask" and so on, each with "_dy_pred".
void compare(const Case& c, Check& check, const Config& object, const std::string& name, const Weights& weights) {
  const std::string gradient = name + "_dy_pred";
  if (!c.contains(name)) return;
  const Result<float> single(c, object, weights);
  const Result<double> twice(c, object, weights);
  const auto near = [&](const std::string& array, const Tensor<float>& got, const Tensor<double>& exact) {
    if (c.contains(array)) check.near(array, got.cast<double>(), c.array<double>(array), single_precision, exact);
    if (c.contains(array + "_f64")) check.near(array + "_f64", exact);
  };
  near(name, single.value, twice.value);
  near(gradient, single.gradient, twice.gradient);
}

template <class S>
Tensor<S> per_sample(const Case& c, const Config& object) {
  return make<LossFamily<S>>(object)->call(c.array<S>("y_true"), c.array<S>("y_pred"));
}

void compare_all(const Case& c, Check& check, Config object) {
  if (c.contains("per_sample"))
    check.near("per_sample", per_sample<float>(c, object).cast<double>(), c.array<double>("per_sample"),
               single_precision, per_sample<double>(c, object));
  for (const std::string_view reduction : enumeration_names(Reduction())) {
    const std::string name(reduction);
    object["config"]["reduction"] = name;
    compare(c, check, object, name, {});
    compare(c, check, object, name + "_sw", {"sample_weight", ""});
    compare(c, check, object, name + "_swfull", {"sample_weight_full", ""});
    compare(c, check, object, name + "_mask", {"", "mask"});
  }
}

}  // namespace

void run_loss(const Case& c, Check& check) {
  by_constructor_and_config(c, check, [&](const Config& object) { compare_all(c, check, object); });
}

}  // namespace lamina::conformance
