#include "case.hpp"

namespace lamina::conformance {

namespace {

/// Returns entry `step` of an array with one entry per step.
template <class S>
Tensor<S> at_step(const Tensor<S>& all, Index step) {
  const Tensor<S> row = all.rows_view(step, step + 1).copy();
  return reshape(row, all.shape().slice(1));
}

/// Compares the variables of the optimizer at the end. Keras's order: iterations, the learning rate if it is a number,
/// the others.
void compare_state(const Case& c, Check& check, const Optimizer<float>& optimizer) {
  std::size_t next = 0, i = 0;
  for (const Config& variable : c.description().at("variables").elements()) {
    const std::string array = text("state", i++, "_final"), &name = variable.at("name").as_string();
    if (!c.contains(array)) continue;
    if (name == "iteration")
      check.near(array, Tensor<float>(static_cast<float>(optimizer.steps())));
    else if (name == "learning_rate")
      check.near(array, Tensor<float>(static_cast<float>(optimizer.learning_rate())));
    else if (next < optimizer.variables().size())
      check.near(array, optimizer.variables()[next++].value());
    else
      check.fail(array, text("the optimizer has no variable for \"", name, "\""));
  }
}

/// Tolerance for PyTorch's norms and for the factors of Keras's Adafactor, which are computed in float.
Tolerance tolerance_in_double(const Config& object) {
  bool passes_through_float = object.at("class_name").as_string() == "Adafactor";
  for (const char* name : {"clipnorm", "global_clipnorm"}) {
    const Config* bound = object.at("config").find(name);
    passes_through_float = passes_through_float || (bound != nullptr && !bound->is_null());
  }
  return passes_through_float ? float_within_double : double_precision;
}

template <class S>
void compare(const Case& c, Check& check, const Config& object) {
  const Tolerance tolerance = std::is_same_v<S, float> ? single_precision : tolerance_in_double(object);
  if (!c.contains(std::string("v0") + ending_of<S>)) return;
  const auto optimizer = make<OptimizerFamily<S>>(object);
  std::vector<Variable<S>> variables;
  std::vector<Tensor<S>> gradients, expected;
  const std::vector<Config> names = c.description().at("variable_names").elements();
  for (std::size_t j = 0; c.contains(text("v", j, "_init")); ++j) {
    variables.emplace_back(c.array<S>(text("v", j, "_init")), j < names.size() ? names[j].as_string() : "variable");
    gradients.push_back(c.array<S>(text("g", j)));
    expected.push_back(c.array<S>(text("v", j, ending_of<S>)));
  }
  const Index steps = gradients.at(0).shape().front();
  for (Index s = 0; s < steps; ++s) {
    if (c.contains("lr"))
      check.within(text("lr[", s, "]"), optimizer->learning_rate(), c.array<double>("lr")[s],
                   1e-6 * std::abs(c.array<double>("lr")[s]));
    std::vector<Tensor<S>> now;
    for (const Tensor<S>& g : gradients) now.push_back(at_step(g, s));
    optimizer->apply_gradients(now, variables);
    for (std::size_t j = 0; j < variables.size(); ++j)
      check.near(text("v", j, ending_of<S>, "[", s, "]"), variables[j].value().template cast<double>(),
                 at_step(expected[j], s).template cast<double>(), tolerance);
  }
  if constexpr (std::is_same_v<S, float>) compare_state(c, check, *optimizer);
}

}  // namespace

void run_optimizer(const Case& c, Check& check) {
  // Keras's configurations contain learning rates rounded to float, too inexact for a comparison in double.
  compare<float>(c, check, c.object());
  compare<double>(c, check, c.object());
  const Config again = c.object_by_config();
  if (again.is_null()) return;
  check.set_label("by its config, ");
  compare<float>(c, check, again);
}

}  // namespace lamina::conformance
