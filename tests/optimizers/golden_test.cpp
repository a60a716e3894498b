// Optimizers against what Keras computes: two variables after each of ten steps, and the state after the last; learning
// rate schedules at 61 steps.
#include "lamina/data/npz.hpp"
#include "support/expect.hpp"

using namespace lamina;

namespace {

NpzFile data_of(const std::string& id) {
  return NpzFile(std::string(LAMINA_TEST_DATA_DIR).append("/keras/").append(id).append("/data.npz"));
}

/// Row `step` of an array.
template <class S>
Tensor<S> at_step(const NpzFile& data, const std::string& name, Index step) {
  const Tensor<S> all = data.read<S>(name);
  return reshape(all.rows_view(step, step + 1), all.shape().slice(1));
}

template <class S>
void run(Optimizer<S>& optimizer, const std::string& id, double precision) {
  const NpzFile data = data_of("optimizers/" + id);
  const bool exact = sizeof(S) == 8 && data.contains("v0_f64");
  const expect::Within within = exact ? expect::Within{precision, precision / 10} : expect::Within{1e-5, 1e-6};
  const std::vector<Variable<S>> variables{Variable<S>(data.read<S>("v0_init"), "kernel"),
                                           Variable<S>(data.read<S>("v1_init"), "bias")};
  for (Index step = 0; step < 10; ++step) {
    EXPECT_NEAR(optimizer.learning_rate(), static_cast<double>(data.read<float>("lr")[step]), 1e-8);
    optimizer.apply_gradients({at_step<S>(data, "g0", step), at_step<S>(data, "g1", step)}, variables);
    for (std::size_t v = 0; v < 2; ++v) {
      const std::string name = "v" + std::to_string(v);
      EXPECT_TRUE(exact ? expect::near(variables[v].value(), at_step<double>(data, name + "_f64", step), within)
                        : expect::near(variables[v].value(), at_step<float>(data, name, step), within))
          << id << ", step " << step << ", variable " << v << ", " << 8 * sizeof(S) << " bits";
    }
  }
  // Keras's list begins with the iterations and, where it is a number, the learning rate.
  EXPECT_EQ(data.read<double>("state0_final").item(), static_cast<double>(optimizer.steps()));
  const std::size_t before = data.contains("state1_final") ? 2 : 1;
  for (std::size_t i = 0; i < optimizer.variables().size(); ++i) {
    const Tensor<S> state = optimizer.variables()[i].value();
    EXPECT_TRUE(expect::near(state, data.read<double>("state" + std::to_string(i + before) + "_final"), {1e-5, 1e-6}))
        << id << ", " << optimizer.variables()[i].path();
  }
  EXPECT_FALSE(data.contains("state" + std::to_string(optimizer.variables().size() + before) + "_final"));
}

/// `precision` is that of Keras's doubles.
template <template <class> class O, class Options>
void check(const std::string& id, const Options& options, double precision = 1e-10) {
  O<float> single(options);
  run<float>(single, id, precision);
  O<double> twin(options);
  run<double>(twin, id, precision);
}

template <class Schedule>
void check_schedule(const std::string& id, const Schedule& schedule) {
  const NpzFile data = data_of("schedules/" + id);
  const Tensor<double> steps = data.read<double>("step"), rates = data.read<double>("lr");
  for (Index i = 0; i < steps.size(); ++i)
    EXPECT_TRUE(expect::close(schedule(static_cast<Index>(steps[i])), rates[i], {1e-6, 1e-8}))
        << id << ", step " << steps[i] << ": " << schedule(static_cast<Index>(steps[i])) << ", Keras " << rates[i];
}

}  // namespace

TEST(GoldenOptimizers, SGD) {
  check<SGD>("000_SGD", 0.1);
  check<SGD>("002_SGD", SGDOptions{.learning_rate = 0.1, .momentum = 0.9, .nesterov = true});
  check<SGD>("004_SGD", SGDOptions{.learning_rate = 0.1, .clipnorm = 0.5}, 1e-7);         // norms in float
  check<SGD>("006_SGD", SGDOptions{.learning_rate = 0.1, .global_clipnorm = 0.8}, 1e-7);  // here too
  check<SGD>("008_SGD",
             SGDOptions{.learning_rate = 0.1, .use_ema = true, .ema_momentum = 0.8, .ema_overwrite_frequency = 4});
  check<SGD>("010_SGD", SGDOptions{});
}

TEST(GoldenOptimizers, SGDWithASchedule) {
  const ExponentialDecay decay({.initial_learning_rate = 0.2, .decay_steps = 3, .decay_rate = 0.5});
  check<SGD>("044_SGD", SGDOptions{.learning_rate = decay});
  check<SGD>("044_SGD", SGDOptions{.learning_rate = [decay](Index step) { return decay(step); }});
}

TEST(GoldenOptimizers, RMSprop) {
  check<RMSprop>("012_RMSprop", RMSpropOptions{.learning_rate = 0.01, .rho = 0.8});
  check<RMSprop>("014_RMSprop", RMSpropOptions{.learning_rate = 0.01, .momentum = 0.7});
}

TEST(GoldenOptimizers, Adam) {
  check<Adam>("016_Adam", AdamOptions{});
  check<Adam>("018_Adam", AdamOptions{.learning_rate = 0.05, .amsgrad = true});
  check<Adam>("020_Adam", AdamOptions{.learning_rate = 0.05, .weight_decay = 0.01});
}

TEST(GoldenOptimizers, AdamW) {
  check<AdamW>("022_AdamW", AdamWOptions{});
  check<AdamW>("024_AdamW", AdamWOptions{.learning_rate = 0.05, .amsgrad = true});
}

TEST(GoldenOptimizers, Adagrad) {
  check<Adagrad>("026_Adagrad", AdagradOptions{.learning_rate = 0.1, .initial_accumulator_value = 0.5});
}

TEST(GoldenOptimizers, Adadelta) { check<Adadelta>("028_Adadelta", AdadeltaOptions{.learning_rate = 1.0, .rho = 0.9}); }

TEST(GoldenOptimizers, Adamax) { check<Adamax>("030_Adamax", AdamaxOptions{.learning_rate = 0.05, .beta_1 = 0.8}); }

TEST(GoldenOptimizers, Nadam) { check<Nadam>("032_Nadam", 0.05); }

TEST(GoldenOptimizers, Ftrl) {
  check<Ftrl>("034_Ftrl",
              FtrlOptions{.learning_rate = 0.1, .l1_regularization_strength = 0.05, .l2_regularization_strength = 0.1});
  check<Ftrl>("036_Ftrl", FtrlOptions{.learning_rate = 0.1, .l2_shrinkage_regularization_strength = 0.1});
}

TEST(GoldenOptimizers, Lion) { check<Lion>("038_Lion", LionOptions{.learning_rate = 0.01, .beta_1 = 0.8}); }

TEST(GoldenOptimizers, Lamb) { check<Lamb>("040_Lamb", 0.05); }

TEST(GoldenOptimizers, Adafactor) {
  check<Adafactor>("042_Adafactor", AdafactorOptions{.learning_rate = 0.05, .beta_2_decay = -0.7}, 1e-6);  // and here
}

TEST(GoldenSchedules, AsKerasHasThem) {
  check_schedule("000_ExponentialDecay",
                 ExponentialDecay({.initial_learning_rate = 0.1, .decay_steps = 10, .decay_rate = 0.9}));
  check_schedule("002_InverseTimeDecay",
                 InverseTimeDecay({.initial_learning_rate = 0.1, .decay_steps = 5, .decay_rate = 0.5}));
  check_schedule("004_PiecewiseConstantDecay",
                 PiecewiseConstantDecay({.boundaries = {10, 25}, .values = {1.0, 0.5, 0.1}}));
  check_schedule(
      "006_PolynomialDecay",
      PolynomialDecay({.initial_learning_rate = 0.1, .decay_steps = 20, .end_learning_rate = 0.01, .cycle = true}));
  check_schedule(
      "008_CosineDecay",
      CosineDecay({.initial_learning_rate = 0.0, .decay_steps = 30, .warmup_target = 0.1, .warmup_steps = 8}));
  check_schedule(
      "010_CosineDecayRestarts",
      CosineDecayRestarts(
          {.initial_learning_rate = 0.1, .first_decay_steps = 8, .t_mul = 1.0, .m_mul = 0.8, .alpha = 0.05}));
}
