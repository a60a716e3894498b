#include <lamina/lamina.hpp>
#include <limits>

#include "support/all_optimizers.hpp"
#include "support/expect.hpp"

using namespace lamina;
using namespace lamina::testing::all_optimizers;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity(),
                not_a_number = std::numeric_limits<float>::quiet_NaN();

template <class S>
std::vector<Tensor<S>> scaled(std::vector<Tensor<S>> gradients, double scale) {
  for (Tensor<S>& g : gradients) g = g * static_cast<S>(scale);
  return gradients;
}

std::vector<Tensor<float>> values_of(const Optimizer<float>& optimizer) {
  std::vector<Tensor<float>> values;
  for (const auto& v : optimizer.variables()) values.push_back(v.value().copy());
  return values;
}

/// One step of gradient 1 or, if it is skipped, infinity.
void step(Optimizer<float>& optimizer, const Variable<float>& w, bool skipped = false) {
  optimizer.apply_gradients({Tensor{skipped ? infinity : 1.F}}, {w});
}

double counter_of(const Optimizer<float>& optimizer) { return optimizer.variables()[0].value().item(); }

Config config_of_scale(const Config& inner) {
  Config config = Config::map();
  config["inner_optimizer"] = inner;
  return config;
}

std::shared_ptr<Optimizer<float>> made_from(const Config& arguments) {
  return OptimizerFamily<float>::Table::from_config("optimizer", named_config("LossScaleOptimizer", arguments));
}

}  // namespace

TEST(LossScaleOptimizer, UpdatesLikeEveryInnerOptimizer) {
  Config common = Config::map();
  common["clipnorm"] = 0.5;
  common["weight_decay"] = 0.01;
  common["use_ema"] = true;
  common["gradient_accumulation_steps"] = 2;
  const auto run = [&]<class S>(S) {
    const auto plain = all_optimizers<S>(common), inner = all_optimizers<S>(common);
    for (std::size_t k = 0; k < plain.size(); ++k) {
      LossScaleOptimizer<S> optimizer(inner[k], {.initial_scale = 256, .dynamic_growth_steps = 3});
      const auto ours = two_variables<S>(), twins = two_variables<S>();
      for (int i = 0; i < 8; ++i) {
        const double scale = i < 3 ? 256 : i < 6 ? 512 : 1024;
        EXPECT_EQ(optimizer.dynamic_scale(), scale);
        EXPECT_EQ(optimizer.scale_loss(Tensor<S>(S(3))).item(), 3 * scale);
        optimizer.apply_gradients(scaled(gradients_of_step<S>(i), scale), ours);
        plain[k]->apply_gradients(gradients_of_step<S>(i), twins);
      }
      for (std::size_t i = 0; i < 2; ++i)
        EXPECT_TRUE(expect::same(ours[i].value(), twins[i].value())) << plain[k]->class_name();
      ASSERT_EQ(optimizer.variables().size(), 2 + plain[k]->variables().size());
      for (std::size_t i = 0; i < plain[k]->variables().size(); ++i)
        EXPECT_TRUE(expect::same(optimizer.variables()[2 + i].value(), plain[k]->variables()[i].value()));
      EXPECT_EQ(optimizer.steps(), 8);
      EXPECT_EQ(optimizer.iterations(), 4);
      optimizer.finalize_variable_values(ours);
      plain[k]->finalize_variable_values(twins);
      for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(expect::same(ours[i].value(), twins[i].value()));
    }
  };
  run(float{});
  run(double{});
}

TEST(LossScaleOptimizer, DividesByAScaleThatIsNoPowerOfTwo) {
  const Variable<double> w(Tensor{1., 2.});
  LossScaleOptimizer<double> optimizer(SGD<double>(0.5), {.initial_scale = 10});
  optimizer.apply_gradients({Tensor{20., -5.}}, {w});
  EXPECT_TRUE(expect::near(w.value(), Tensor{0., 2.25}, {1e-15, 0}));
}

TEST(LossScaleOptimizer, SkipsStepsWithGradientsThatAreNotFinite) {
  for (const float bad : {infinity, -infinity, not_a_number})
    for (const std::size_t which : {0U, 1U})
      for (const Index at : {Index(0), Index(2), which == 0 ? Index(110) : Index(1)}) {
        LossScaleOptimizer optimizer(Adam({.learning_rate = 0.1, .weight_decay = 0.1, .use_ema = true}),
                                     {.initial_scale = 64, .dynamic_growth_steps = 3});
        const auto variables = two_variables<float>();
        for (int i = 0; i < 2; ++i) optimizer.apply_gradients(gradients_of_step<float>(i), variables);
        const auto state = values_of(optimizer);
        const Tensor<float> kernel = variables[0].value().copy(), bias = variables[1].value().copy();
        auto gradients = gradients_of_step<float>(2);
        gradients[which].mutable_data()[at] = bad;
        optimizer.apply_gradients(gradients, variables);
        EXPECT_EQ(optimizer.dynamic_scale(), 32);
        EXPECT_EQ(counter_of(optimizer), 0);
        EXPECT_EQ(optimizer.steps(), 2);
        EXPECT_TRUE(expect::same(variables[0].value(), kernel));
        EXPECT_TRUE(expect::same(variables[1].value(), bias));
        for (std::size_t i = 2; i < state.size(); ++i)
          EXPECT_TRUE(expect::same(optimizer.variables()[i].value(), state[i])) << optimizer.variables()[i].name();
        optimizer.apply_gradients(gradients_of_step<float>(2), variables);
        EXPECT_EQ(optimizer.steps(), 3);
        EXPECT_FALSE(expect::same(variables[0].value(), kernel));
      }
}

TEST(LossScaleOptimizer, AppliesConstraintsOnlyIfTheStepIsNotSkipped) {
  const Variable<float> w(Tensor{0.5F});
  w.set_constraint([](const Tensor<float>& x) { return x + 10.F; });
  LossScaleOptimizer optimizer(SGD(0.25), {.initial_scale = 2});
  step(optimizer, w, true);
  EXPECT_EQ(w.value().item(), 0.5F);
  step(optimizer, w);
  EXPECT_EQ(w.value().item(), 10.25F) << "once";
}

TEST(LossScaleOptimizer, TheScaleGrowsAfterConsecutiveGoodSteps) {
  const Variable<float> w(Tensor{0.F});
  LossScaleOptimizer optimizer(SGD(0.0), {.initial_scale = 8, .dynamic_growth_steps = 3});
  EXPECT_EQ(optimizer.dynamic_scale(), 8) << "before the first step";
  std::string scales;
  for (const char kind : std::string("gg-gggggg--gggg")) {
    step(optimizer, w, kind == '-');
    scales += text(std::string(1, kind), static_cast<int>(optimizer.dynamic_scale()), ",",
                   static_cast<int>(counter_of(optimizer)), " ");
  }
  EXPECT_EQ(scales, "g8,1 g8,2 -4,0 g4,1 g4,2 g8,0 g8,1 g8,2 g16,0 -8,0 -4,0 g4,1 g4,2 g8,0 g8,1 ");
  EXPECT_EQ(optimizer.steps(), 12);

  LossScaleOptimizer every(SGD(0.0), {.initial_scale = 1, .dynamic_growth_steps = 1});
  for (int i = 0; i < 5; ++i) step(every, w);
  EXPECT_EQ(every.dynamic_scale(), 32);
}

TEST(LossScaleOptimizer, TheScaleStaysInTheRangeOfNormalNumbers) {
  const Variable<float> w(Tensor{0.F});
  const double largest = std::numeric_limits<float>::max(), smallest = std::numeric_limits<float>::min();
  LossScaleOptimizer high(SGD(0.0), {.initial_scale = std::ldexp(1.0, 125), .dynamic_growth_steps = 1});
  for (int i = 0; i < 5; ++i) step(high, w);
  EXPECT_EQ(high.dynamic_scale(), std::ldexp(1.0, 127));
  LossScaleOptimizer low(SGD(0.1), {.initial_scale = 3 * smallest, .dynamic_growth_steps = 1});
  for (int i = 0; i < 5; ++i) step(low, w, true);
  EXPECT_EQ(low.dynamic_scale(), smallest);
  low.apply_gradients({Tensor{0.F}}, {w});
  EXPECT_EQ(w.value().item(), 0);
  EXPECT_EQ(LossScaleOptimizer(SGD(0.0), {.initial_scale = largest}).dynamic_scale(), largest);
}

TEST(LossScaleOptimizer, TheCounterHasTheRangeOfFloatIntegers) {
  const Variable<float> w(Tensor{0.F});
  const float last = 16777216.F;  // 2^24
  LossScaleOptimizer longest(SGD(0.0), {.dynamic_growth_steps = Index(1) << 24}),
      never(SGD(0.0), {.dynamic_growth_steps = std::numeric_limits<std::int32_t>::max()});
  for (Optimizer<float>* optimizer :
       {static_cast<Optimizer<float>*>(&longest), static_cast<Optimizer<float>*>(&never)}) {
    optimizer->build_once({w});
    optimizer->variables()[0].assign(Tensor<float>(last - 2));
    step(*optimizer, w);
    EXPECT_EQ(counter_of(*optimizer), last - 1);
    for (int i = 0; i < 3; ++i) step(*optimizer, w);
  }
  EXPECT_EQ(longest.dynamic_scale(), 65536);
  EXPECT_EQ(counter_of(longest), 2);
  EXPECT_EQ(never.dynamic_scale(), 32768);
  EXPECT_EQ(counter_of(never), last);
}

TEST(LossScaleOptimizer, RefusesARestoredScaleOutOfRange) {
  for (const float bad : {0.F, -1.F, infinity, not_a_number}) {
    const Variable<float> w(Tensor{1.F});
    LossScaleOptimizer optimizer(SGD(0.1));
    optimizer.build_once({w});
    optimizer.variables()[1].assign(Tensor<float>(bad));
    const auto raises = [&](const auto& action) {
      return expect::error<StateError>(action, {"LossScaleOptimizer", "dynamic_scale", "restored"});
    };
    EXPECT_TRUE(raises([&] { optimizer.scale_loss(Tensor<float>(1.F)); }));
    EXPECT_TRUE(raises([&] { step(optimizer, w); }));
    EXPECT_EQ(w.value().item(), 1);
  }
}

TEST(LossScaleOptimizer, DelegatesToTheInnerOptimizer) {
  const auto inner = std::make_shared<SGD<float>>(SGDOptions{.learning_rate = 0.5, .weight_decay = 0.5});
  LossScaleOptimizer optimizer(inner);
  EXPECT_EQ(optimizer.inner_optimizer(), inner);
  EXPECT_EQ(SGD(0.1).inner_optimizer(), nullptr);
  EXPECT_EQ(optimizer.name(), "loss_scale_optimizer");
  EXPECT_EQ(optimizer.learning_rate(), 0.5);
  optimizer.set_learning_rate(0.25);
  EXPECT_EQ(inner->learning_rate(), 0.25);
  EXPECT_TRUE(optimizer.has_constant_learning_rate());
  optimizer.exclude_from_weight_decay({.var_names = {"bias"}});
  const Variable<float> kernel(Tensor{1.F}, "kernel"), bias(Tensor{1.F}, "bias");
  optimizer.apply_gradients({Tensor{0.F}, Tensor{0.F}}, {kernel, bias});
  EXPECT_EQ(kernel.value().item(), 1 - 0.25F * 0.5F);
  EXPECT_EQ(bias.value().item(), 1);
  EXPECT_EQ(inner->iterations(), 1);
  EXPECT_TRUE(expect::error<StateError>([&] { optimizer.exclude_from_weight_decay({.var_names = {"kernel"}}); },
                                        {"exclude_from_weight_decay"}));
  optimizer.set_iterations(7);
  EXPECT_EQ(inner->steps(), 7);
  optimizer.set_steps(9);
  EXPECT_EQ(inner->iterations(), 9);

  optimizer.set_learning_rate([](Index i) { return static_cast<double>(i) / 16; });
  EXPECT_EQ(inner->learning_rate(), 9.0 / 16);
  EXPECT_FALSE(optimizer.has_constant_learning_rate());
  EXPECT_TRUE(expect::error<StateError>([&] { optimizer.set_learning_rate(0.1); }, {"SGD", "schedule"}));
}

TEST(LossScaleOptimizer, RefusesOtherVariables) {
  const Variable<float> a(Tensor{1.F}), b(Tensor{1.F});
  const auto inner = std::make_shared<SGD<float>>(0.5);
  step(*inner, a);
  LossScaleOptimizer optimizer(inner);
  EXPECT_TRUE(expect::error<StateError>([&] { step(optimizer, b); }, {"SGD", "other variables"}));
  EXPECT_TRUE(optimizer.variables().empty());
  step(optimizer, a);
  EXPECT_EQ(optimizer.steps(), 2) << "the inner optimizer may be in use already";
  EXPECT_TRUE(expect::error<StateError>([&] { step(optimizer, b); }, {"LossScaleOptimizer", "other variables"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        optimizer.apply_gradients({Tensor{1.F, 2.F}}, {a});
      },
      {"LossScaleOptimizer", "apply_gradients"}));
}

TEST(LossScaleOptimizer, ChecksItsArguments) {
  const auto raises = [](const auto& action, const char* what) {
    return expect::error<ValueError>(action, {"LossScaleOptimizer", what});
  };
  for (const double scale : {0.0, -1.0, 1e-39, 1e39, static_cast<double>(infinity), static_cast<double>(not_a_number)})
    EXPECT_TRUE(raises([&] { LossScaleOptimizer(SGD(), {.initial_scale = scale}); }, "initial_scale"));
  for (const Index steps : {0, -1})
    EXPECT_TRUE(raises([&] { LossScaleOptimizer(SGD(), {.dynamic_growth_steps = steps}); }, "dynamic_growth_steps"));
  EXPECT_TRUE(raises([] { LossScaleOptimizer(std::shared_ptr<Optimizer<float>>()); }, "null"));
  EXPECT_TRUE(raises([] { LossScaleOptimizer(SGD({.loss_scale_factor = 8})); }, "loss_scale_factor"));
  EXPECT_TRUE(raises([] { LossScaleOptimizer(LossScaleOptimizer(SGD(0.1)), {}); }, "wraps no other"));
}

TEST(LossScaleOptimizer, HasKerasConfiguration) {
  const LossScaleOptimizer optimizer(Adam(0.5), {.initial_scale = 64, .dynamic_growth_steps = 9, .name = "scaled"});
  const Config config = optimizer.get_config();
  EXPECT_EQ(config.members().size(), 4U);
  EXPECT_EQ(config.at("name").as_string(), "scaled");
  EXPECT_EQ(config.at("inner_optimizer").at("class_name").as_string(), "Adam");
  EXPECT_EQ(config.at("inner_optimizer").at("config").at("learning_rate").as_real(), 0.5);
  EXPECT_EQ(config.at("initial_scale").as_real(), 64);
  EXPECT_EQ(config.at("dynamic_growth_steps").as_integer(), 9);
  const auto again = made_from(config);
  EXPECT_EQ(again->class_name(), "LossScaleOptimizer");
  EXPECT_EQ(again->get_config(), config);
}

TEST(LossScaleOptimizer, ReadsConfigurationsOfOtherVersions) {
  Config arguments = config_of_scale("adam");
  EXPECT_EQ(made_from(arguments)->inner_optimizer()->class_name(), "Adam");
  EXPECT_EQ(made_from(arguments)->get_config().at("initial_scale").as_real(), 32768);
  arguments["dynamic"] = true;
  for (const char* unused : {"weight_decay", "clipnorm", "global_clipnorm", "clipvalue", "ema_overwrite_frequency",
                             "loss_scale_factor", "gradient_accumulation_steps"})
    arguments[unused] = nullptr;
  arguments["use_ema"] = false;
  arguments["ema_momentum"] = 0.99;
  EXPECT_EQ(made_from(arguments)->get_config().at("dynamic_growth_steps").as_integer(), 2000);
  const auto raises = [&](const char* argument, const Config& value, const char* what) {
    Config changed = arguments;
    changed[argument] = value;
    return expect::error<ValueError>([&] { made_from(changed); }, {"LossScaleOptimizer", argument, what});
  };
  EXPECT_TRUE(raises("clipnorm", 1.0, "inner optimizer"));
  EXPECT_TRUE(raises("use_ema", true, "inner optimizer"));
  EXPECT_TRUE(raises("dynamic", false, "loss_scale_factor"));
  EXPECT_TRUE(raises("initial_scal", 2, "initial_scale"));
  EXPECT_TRUE(raises("inner_optimizer", nullptr, "missing"));
  EXPECT_TRUE(raises("inner_optimizer", "adma", "Did you mean"));
}

TEST(LossScaleOptimizer, ItsNameAloneNamesNoOptimizer) {
  const auto raises = [](const auto& action) {
    return expect::error<ValueError>(action, {"LossScaleOptimizer", "inner_optimizer", "LossScaleOptimizer(Adam())"});
  };
  EXPECT_TRUE(raises([] { OptimizerArgument<float>("loss_scale_optimizer").resolve(); }));
  EXPECT_TRUE(raises([] { OptimizerArgument<float>(std::string("LossScaleOptimizer")).resolve(); }));
  EXPECT_TRUE(raises([] { made_from(Config::map()); }));
}

TEST(LossScaleOptimizer, ScalesTheSparseGradientsOfAnEmbedding) {
  const auto train = [](const OptimizerArgument<float>& optimizer) {
    clear_session();
    set_random_seed(1);
    Sequential model{Embedding(20, 4), Flatten(), Dense(1)};
    model.build({None, 3});
    model.compile({.optimizer = optimizer, .loss = "mse"});
    model.fit(Tensor<float>{{1, 2, 3}, {4, 1, 2}, {19, 0, 4}, {7, 7, 7}}, Tensor<float>{{1}, {2}, {3}, {4}},
              {.batch_size = 2, .epochs = 3, .verbose = 0});
    return model.get_weights();
  };
  EXPECT_TRUE(expect::same(train(LossScaleOptimizer(SGD(0.1))), train(SGD(0.1))));
  EXPECT_TRUE(expect::same(train(LossScaleOptimizer(Adagrad(0.1))), train(Adagrad(0.1))));
}

TEST(LossScaleOptimizer, TrainsAModel) {
  const Tensor<float> x = expect::scattered<float>({40, 3}, 1), y = expect::scattered<float>({40, 1}, 2) * 100.F;
  const auto train = [&](const OptimizerArgument<float>& optimizer) {
    clear_session();
    set_random_seed(3);
    Sequential model{Dense(8, "tanh"), Dropout(0.3), Dense(1)};
    model.compile({.optimizer = optimizer, .loss = "mse"});
    History history = model.fit(x, y, {.batch_size = 8, .epochs = 3, .verbose = 0});
    return std::pair(history["loss"], model.get_weights());
  };
  const auto [losses, weights] = train(Adam(0.01));
  const auto [scaled_losses, scaled_weights] = train(LossScaleOptimizer(Adam(0.01), {.dynamic_growth_steps = 4}));
  EXPECT_EQ(scaled_losses, losses) << "logs have the loss that is not scaled";
  EXPECT_TRUE(expect::same(scaled_weights, weights));

  const auto inner = std::make_shared<Adam<float>>(0.01);
  const auto optimizer =
      std::make_shared<LossScaleOptimizer<float>>(inner, LossScaleOptimizerOptions{.initial_scale = 3e38});
  const auto [skipped_losses, skipped_weights] = train(optimizer);
  EXPECT_LT(optimizer->dynamic_scale(), 3e38);
  EXPECT_GT(optimizer->steps(), 0);
  EXPECT_LT(optimizer->steps(), 15) << "the first steps overflow";
  for (const double loss : skipped_losses) EXPECT_TRUE(is_finite(loss));
  for (const auto& w : skipped_weights)
    for (Index i = 0; i < w.size(); ++i) EXPECT_TRUE(is_finite(w[i]));
}

TEST(LossScaleOptimizer, WorksInATrainingLoopOfTheUser) {
  const Variable<float> w(Tensor{3.F}), plain(Tensor{3.F});
  LossScaleOptimizer optimizer(SGD({.learning_rate = 0.1, .momentum = 0.5}), {.initial_scale = 16});
  SGD sgd({.learning_rate = 0.1, .momentum = 0.5});
  for (int i = 0; i < 4; ++i) {
    const auto gradients_of = [&](const Variable<float>& v, const Optimizer<float>& o) {
      GradientTape<float> tape;
      const Tensor<float> loss = sum(v * v);
      return tape.gradient(o.scale_loss(loss), std::vector{v});
    };
    optimizer.apply_gradients(gradients_of(w, optimizer), {w});
    sgd.apply_gradients(gradients_of(plain, sgd), {plain});
  }
  EXPECT_TRUE(expect::same(w.value(), plain.value()));
}
