// Optimizers against what Keras computes: two variables after each of ten steps.
#include "support/golden.hpp"
#include "support/expect.hpp"

using namespace lamina;

namespace {

template <class S>
void run(Optimizer<S>& optimizer, const std::string& id, double precision) {
  const golden::Case expected("optimizers/" + id);
  const bool exact = sizeof(S) == 8 && expected.contains("v0_f64");
  // Keras's floats are up to 2.5e-6 from its doubles here.
  const expect::Within within = exact ? expect::Within{precision, precision / 10} : expect::Within{1e-5, 5e-6};
  std::vector<Variable<S>> variables;
  for (int v = 0; v < 2; ++v) variables.emplace_back(expected.tensor<S>("v" + std::to_string(v) + "_init"));
  for (Index step = 0; step < 10; ++step) {
    EXPECT_NEAR(optimizer.learning_rate(), expected.values("lr")[static_cast<std::size_t>(step)], 1e-7);
    const auto at_step = [&](const std::string& name) {
      const Tensor<double> all = expected.tensor<double>(name);
      return reshape(all.rows_view(step, step + 1), all.shape().slice(1));
    };
    optimizer.apply_gradients({at_step("g0").template cast<S>(), at_step("g1").template cast<S>()}, variables);
    for (std::size_t v = 0; v < 2; ++v)
      EXPECT_TRUE(expect::near(variables[v].value(), at_step("v" + std::to_string(v) + (exact ? "_f64" : "")), within))
          << id << ", step " << step << ", variable " << v << ", " << 8 * sizeof(S) << " bits";
  }
}

/// `precision` is that of Keras's doubles.
template <template <class> class O, class Options>
void check(const std::string& id, const Options& options, double precision = 1e-10) {
  O<float> single(options);
  run<float>(single, id, precision);
  O<double> twin(options);
  run<double>(twin, id, precision);
}

}  // namespace

TEST(GoldenOptimizers, SGD) {
  check<SGD>("000_SGD", 0.1);
  check<SGD>("002_SGD", SGDOptions{.learning_rate = 0.1, .momentum = 0.9, .nesterov = true});
  check<SGD>("004_SGD", SGDOptions{.learning_rate = 0.1, .clipnorm = 0.5}, 1e-7);         // norms in float
  check<SGD>("006_SGD", SGDOptions{.learning_rate = 0.1, .global_clipnorm = 0.8}, 1e-7);  // here too
  check<SGD>("010_SGD", SGDOptions{});
}

TEST(GoldenOptimizers, SGDWithASchedule) {
  const auto decay = [](Index step) { return 0.2 * std::pow(0.5, static_cast<double>(step) / 3); };
  check<SGD>("044_SGD", SGDOptions{.learning_rate = decay});
}

TEST(GoldenOptimizers, Adam) {
  check<Adam>("016_Adam", AdamOptions{});
  check<Adam>("018_Adam", AdamOptions{.learning_rate = 0.05, .amsgrad = true});
  check<Adam>("020_Adam", AdamOptions{.learning_rate = 0.05, .weight_decay = 0.01});
}
