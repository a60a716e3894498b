// Built with -ffast-math: every floating-point option must reject NaN, although the compiler may assume that there is no
// NaN, and replace `!(x >= 0)` by `x < 0`.
#include <cstddef>
#include <cstdio>
#include <lamina/callbacks/model_checkpoint.hpp>
#include <lamina/lamina.hpp>
#include <string>

namespace {

using namespace lamina;

int failures = 0;

/// Whether the option allows infinity, for example as a bound that is never reached.
enum class Infinity { refused, allowed };
using enum Infinity;

/// An option: its name in the error text; a valid value; and a function that constructs or calls something with a value.
struct Option {
  const char* of;
  const char* name;
  double good;
  Infinity infinity;
  void (*use)(const double& value);
};

/// Returns the text of the error that a value causes; empty if there is none.
std::string error_of(const Option& option, const double& value) {
  try {
    option.use(value);
  } catch (const ValueError& error) {
    return error.what();
  }
  return {};
}

void expect(const Option& option, bool holds, const char* what, const std::string& error) {
  if (holds) return;
  ++failures;
  std::printf("%s, %s: %s, got the error \"%s\"\n", option.of, option.name, what, error.c_str());
}

template <std::size_t N>
void check(const Option (&options)[N]) {
  // Made from bits, so that the compiler cannot treat them as constants that never occur.
  const double nan = kernels::Pack<double, 1>::nan().v, infinity = kernels::Pack<double, 1>::infinity().v;
  for (const Option& option : options) {
    const std::string of_good = error_of(option, option.good), of_nan = error_of(option, nan),
                      of_infinity = error_of(option, infinity);
    expect(option, of_good.empty(), "expected no error for the good value", of_good);
    const auto has = [&](const char* part) { return of_nan.find(part) != std::string::npos; };
    expect(option, has(option.name) && (has("nan") || has("NaN")), "expected an error for NaN that names it", of_nan);
    expect(option, of_infinity.empty() == (option.infinity == allowed),
           option.infinity == allowed ? "expected no error for infinity" : "expected an error for infinity",
           of_infinity);
  }
}

// In the order of the folders. Of classes that share a check, one is tested.

const Option layers[] = {
    {"Dropout", "rate", 0.5, refused, [](const double& v) { Dropout(DropoutArguments{.rate = v}); }},
    {"AlphaDropout", "rate", 0.5, refused, [](const double& v) { AlphaDropout(DropoutArguments{.rate = v}); }},
    {"GaussianDropout", "rate", 0.5, refused,
     [](const double& v) { GaussianDropout(GaussianDropoutArguments{.rate = v}); }},
    {"GaussianNoise", "stddev", 0.5, refused,
     [](const double& v) { GaussianNoise(GaussianNoiseArguments{.stddev = v}); }},
    {"SpatialDropout1D", "rate", 0.5, refused, [](const double& v) { SpatialDropout1D<float>{v}; }},
    {"ActivityRegularization", "l1", 0.5, refused, [](const double& v) { ActivityRegularization({.l1 = v}); }},
    {"ActivityRegularization", "l2", 0.5, refused, [](const double& v) { ActivityRegularization({.l2 = v}); }},
    {"ReLU", "max_value", 6, allowed, [](const double& v) { ReLU({.max_value = v}); }},
    {"ReLU", "negative_slope", 0.5, refused, [](const double& v) { ReLU({.negative_slope = v}); }},
    {"ReLU", "threshold", 0.5, refused, [](const double& v) { ReLU({.threshold = v}); }},
    {"LeakyReLU", "negative_slope", -0.5, refused, [](const double& v) { LeakyReLU({.negative_slope = v}); }},
    {"ELU", "alpha", 0.5, refused, [](const double& v) { ELU({.alpha = v}); }},
    {"Attention", "dropout", 0.5, refused, [](const double& v) { Attention({.dropout = v}); }},
    {"MultiHeadAttention", "dropout", 0.5, refused, [](const double& v) { MultiHeadAttention(1, 2, {.dropout = v}); }},
    {"SimpleRNNCell", "dropout", 0.5, refused, [](const double& v) { SimpleRNNCell(1, {.dropout = v}); }},
    {"SimpleRNNCell", "recurrent_dropout", 0.5, refused,
     [](const double& v) { SimpleRNNCell(1, {.recurrent_dropout = v}); }},
    {"ConvLSTM1D", "dropout", 0.5, refused, [](const double& v) { ConvLSTM1D(1, 2, {.dropout = v}); }},
    {"Masking", "mask_value", -1, allowed, [](const double& v) { Masking({.mask_value = v}); }},
    {"BatchNormalization", "momentum", 0.5, refused, [](const double& v) { BatchNormalization({.momentum = v}); }},
    {"BatchNormalization", "epsilon", 0.5, refused, [](const double& v) { BatchNormalization({.epsilon = v}); }},
    {"BatchNormalization", "renorm_momentum", 0.5, refused,
     [](const double& v) { BatchNormalization({.renorm_momentum = v}); }},
    {"BatchNormalization", "rmax", 3, allowed,
     [](const double& v) { BatchNormalization({.renorm_clipping = {.rmax = v}}); }},
    {"BatchNormalization", "rmin", 0.5, allowed,
     [](const double& v) { BatchNormalization({.renorm_clipping = {.rmin = v}}); }},
    {"BatchNormalization", "dmax", 3, allowed,
     [](const double& v) { BatchNormalization({.renorm_clipping = {.dmax = v}}); }},
    {"LayerNormalization", "epsilon", 0.5, refused, [](const double& v) { LayerNormalization({.epsilon = v}); }},
    {"GroupNormalization", "epsilon", 0.5, refused, [](const double& v) { GroupNormalization({.epsilon = v}); }},
    {"RMSNormalization", "epsilon", 0.5, refused, [](const double& v) { RMSNormalization({.epsilon = v}); }},
};

const Option preprocessing[] = {
    {"Rescaling", "scale", -2, refused,
     [](const double& v) {
       Rescaling(RescalingArguments{.scale = {1, v}});
     }},
    {"Rescaling", "offset", -2, refused,
     [](const double& v) { Rescaling(RescalingArguments{.scale = 1, .offset = {v}}); }},
    {"Normalization", "mean", -2, refused,
     [](const double& v) {
       Normalization({.mean = {1, v}, .variance = {1, 1}});
     }},
    {"Normalization", "variance", 2, refused,
     [](const double& v) {
       Normalization({.mean = {1, 1}, .variance = {1, v}});
     }},
    {"Discretization", "epsilon", 0.5, refused, [](const double& v) { Discretization({.num_bins = 2, .epsilon = v}); }},
    {"Discretization", "bin_boundaries", -2, allowed,
     [](const double& v) { Discretization(DiscretizationOptions{.bin_boundaries = {v}}); }},
    {"Discretization", "bin_boundaries", 2, allowed,
     [](const double& v) {
       Discretization(DiscretizationOptions{.bin_boundaries = {1, v}});
     }},
};

const Tensor<float> x{-1, 0, 1};

const Option functions[] = {
    {"relu", "max_value", 6, allowed, [](const double& v) { activations::Relu{.max_value = v}(x); }},
    {"relu", "negative_slope", 0.5, refused, [](const double& v) { activations::Relu{.negative_slope = v}(x); }},
    {"relu", "threshold", 0.5, refused, [](const double& v) { activations::Relu{.threshold = v}(x); }},
    {"leaky_relu", "negative_slope", 0.5, refused,
     [](const double& v) { activations::LeakyRelu{.negative_slope = v}(x); }},
    {"elu", "alpha", 0.5, refused, [](const double& v) { activations::Elu{.alpha = v}(x); }},
    {"celu", "alpha", 0.5, refused, [](const double& v) { activations::Celu{.alpha = v}(x); }},
    {"squareplus", "b", 0.5, refused, [](const double& v) { activations::Squareplus{.b = v}(x); }},
    {"hard_shrink", "threshold", 0.5, allowed, [](const double& v) { activations::HardShrink{.threshold = v}(x); }},
    {"soft_shrink", "threshold", 0.5, allowed, [](const double& v) { activations::SoftShrink{.threshold = v}(x); }},
    {"threshold", "threshold", 0.5, allowed, [](const double& v) { activations::Threshold{.threshold = v}(x); }},
    {"clip", "low", -0.5, refused, [](const double& v) { clip(x, v, 1); }},
    {"clip", "high", 0.5, allowed, [](const double& v) { clip(x, 0, v); }},
    {"random_normal", "mean", 0.5, refused, [](const double& v) { random_normal({2}, {.mean = v}); }},
    {"random_normal", "stddev", 0.5, refused, [](const double& v) { random_normal({2}, {.stddev = v}); }},
    {"random_uniform", "minval", 0.5, refused, [](const double& v) { random_uniform({2}, {.minval = v}); }},
    {"random_uniform", "maxval", 0.5, refused, [](const double& v) { random_uniform({2}, {.maxval = v}); }},
    {"dot_product_attention", "scale", 0.5, refused,
     [](const double& v) {
       const Tensor<float> q = Tensor<float>::ones({1, 1, 1, 2});
       dot_product_attention(q, q, q, {.scale = v});
     }},
    {"check_gradients", "tolerance", 0.5, refused,
     [](const double& v) { check_gradients([](const auto& t) { return t * t; }, {{1.0}}, {.tolerance = v}); }},
    {"check_gradients", "step", 0.5, refused,
     [](const double& v) { check_gradients([](const auto& t) { return t * t; }, {{1.0}}, {.step = v}); }},
    {"Config", "integer", 3, refused, [](const double& v) { Config(v).as_integer<Index>(); }},
};

const Option weights[] = {
    {"RandomNormal", "mean", 0.5, refused, [](const double& v) { RandomNormal({.mean = v}); }},
    {"RandomNormal", "stddev", 0.5, refused, [](const double& v) { RandomNormal({.stddev = v}); }},
    {"TruncatedNormal", "mean", 0.5, refused, [](const double& v) { TruncatedNormal({.mean = v}); }},
    {"TruncatedNormal", "stddev", 0.5, refused, [](const double& v) { TruncatedNormal({.stddev = v}); }},
    {"RandomUniform", "minval", 0, refused, [](const double& v) { RandomUniform({.minval = v}); }},
    {"RandomUniform", "maxval", 0.5, refused, [](const double& v) { RandomUniform({.maxval = v}); }},
    {"VarianceScaling", "scale", 0.5, refused, [](const double& v) { VarianceScaling({.scale = v}); }},
    {"Orthogonal", "gain", 0.5, refused, [](const double& v) { Orthogonal({.gain = v}); }},
    {"Identity", "gain", 0.5, refused, [](const double& v) { IdentityInitializer({.gain = v}); }},
    {"MaxNorm", "max_value", 0.5, allowed, [](const double& v) { MaxNorm({.max_value = v}); }},
    {"MinMaxNorm", "min_value", 0.5, refused, [](const double& v) { MinMaxNorm({.min_value = v}); }},
    {"MinMaxNorm", "max_value", 0.5, allowed, [](const double& v) { MinMaxNorm({.max_value = v}); }},
    {"MinMaxNorm", "rate", 0.5, refused, [](const double& v) { MinMaxNorm({.rate = v}); }},
    {"L1", "factors", 0.5, refused, [](const double& v) { L1({.l1 = v}); }},
    {"L2", "factors", 0.5, refused, [](const double& v) { L2({.l2 = v}); }},
    {"OrthogonalRegularizer", "factor", 0.5, refused, [](const double& v) { OrthogonalRegularizer({.factor = v}); }},
};

const Option losses[] = {
    {"CategoricalCrossentropy", "label_smoothing", 0.5, refused,
     [](const double& v) { CategoricalCrossentropy({.label_smoothing = v}); }},
    {"BinaryCrossentropy", "label_smoothing", 0.5, refused,
     [](const double& v) { BinaryCrossentropy({.label_smoothing = v}); }},
    {"BinaryFocalCrossentropy", "label_smoothing", 0.5, refused,
     [](const double& v) { BinaryFocalCrossentropy({.label_smoothing = v}); }},
    {"BinaryFocalCrossentropy", "alpha", 0.5, refused, [](const double& v) { BinaryFocalCrossentropy({.alpha = v}); }},
    {"BinaryFocalCrossentropy", "gamma", 0.5, refused, [](const double& v) { BinaryFocalCrossentropy({.gamma = v}); }},
    {"CategoricalFocalCrossentropy", "label_smoothing", 0.5, refused,
     [](const double& v) { CategoricalFocalCrossentropy({.label_smoothing = v}); }},
    {"CategoricalFocalCrossentropy", "alpha", 0.5, refused,
     [](const double& v) {
       CategoricalFocalCrossentropy({.alpha = {1, v}});
     }},
    {"CategoricalFocalCrossentropy", "gamma", 0.5, refused,
     [](const double& v) { CategoricalFocalCrossentropy({.gamma = v}); }},
    {"CategoricalGeneralizedCrossEntropy", "q", 0.5, refused,
     [](const double& v) { CategoricalGeneralizedCrossEntropy({.q = v}); }},
    {"Huber", "delta", 0.5, refused, [](const double& v) { Huber({.delta = v}); }},
    {"Tversky", "alpha", 0.5, refused, [](const double& v) { Tversky({.alpha = v}); }},
    {"Tversky", "beta", 0.5, refused, [](const double& v) { Tversky({.beta = v}); }},
    {"Circle", "gamma", 0.5, refused, [](const double& v) { Circle({.gamma = v}); }},
    {"Circle", "margin", 0.5, refused, [](const double& v) { Circle({.margin = v}); }},
};

const Option of_metrics[] = {
    {"BinaryAccuracy", "threshold", 0.5, refused, [](const double& v) { BinaryAccuracy({.threshold = v}); }},
    {"BinaryIoU", "threshold", 0.5, refused, [](const double& v) { BinaryIoU({.threshold = v}); }},
    {"FBetaScore", "beta", 0.5, refused, [](const double& v) { FBetaScore({.beta = v}); }},
    {"FBetaScore", "threshold", 0.5, refused, [](const double& v) { FBetaScore({.threshold = v}); }},
    {"F1Score", "threshold", 0.5, refused, [](const double& v) { F1Score({.threshold = v}); }},
    {"Precision", "thresholds", 0.5, refused,
     [](const double& v) {
       Precision({.thresholds = {0.25, v}});
     }},
    {"SensitivityAtSpecificity", "specificity", 0.5, refused,
     [](const double& v) { SensitivityAtSpecificity({.specificity = v}); }},
    {"PrecisionAtRecall", "recall", 0.5, refused, [](const double& v) { PrecisionAtRecall({.recall = v}); }},
    {"AUC", "thresholds", 0.5, refused,
     [](const double& v) {
       AUC(AUCOptions{.thresholds = {{0.25, v}}});
     }},
    {"AUC", "label_weights", 0.5, refused,
     [](const double& v) {
       AUC(AUCOptions{.multi_label = true, .label_weights = {{1, v}}});
     }},
    {"BinaryCrossentropy", "label_smoothing", 0.5, refused,
     [](const double& v) { metrics::BinaryCrossentropy({.label_smoothing = v}); }},
    {"CategoricalCrossentropy", "label_smoothing", 0.5, refused,
     [](const double& v) { metrics::CategoricalCrossentropy({.label_smoothing = v}); }},
};

const Option optimizers[] = {
    {"SGD", "learning_rate", 0.5, refused, [](const double& v) { SGD({.learning_rate = v}); }},
    {"SGD", "momentum", 0.5, refused, [](const double& v) { SGD({.momentum = v}); }},
    {"SGD", "weight_decay", 0.5, refused, [](const double& v) { SGD({.weight_decay = v}); }},
    {"SGD", "clipping bounds", 0.5, allowed, [](const double& v) { SGD({.clipnorm = v}); }},
    {"SGD", "clipping bounds", 0.5, allowed, [](const double& v) { SGD({.clipvalue = v}); }},
    {"SGD", "clipping bounds", 0.5, allowed, [](const double& v) { SGD({.global_clipnorm = v}); }},
    {"SGD", "ema_momentum", 0.5, refused, [](const double& v) { SGD({.use_ema = true, .ema_momentum = v}); }},
    {"SGD", "loss_scale_factor", 0.5, refused, [](const double& v) { SGD({.loss_scale_factor = v}); }},
    {"Adam", "beta_1", 0.5, refused, [](const double& v) { Adam({.beta_1 = v}); }},
    {"Adam", "beta_2", 0.5, refused, [](const double& v) { Adam({.beta_2 = v}); }},
    {"Adam", "epsilon", 0.5, refused, [](const double& v) { Adam({.epsilon = v}); }},
    {"AdamW", "weight_decay", 0.5, refused, [](const double& v) { AdamW({.weight_decay = v}); }},
    {"Adamax", "epsilon", 0.5, refused, [](const double& v) { Adamax({.epsilon = v}); }},
    {"Nadam", "beta_1", 0.5, refused, [](const double& v) { Nadam({.beta_1 = v}); }},
    {"Lamb", "beta_2", 0.5, refused, [](const double& v) { Lamb({.beta_2 = v}); }},
    {"Lion", "beta_1", 0.5, refused, [](const double& v) { Lion({.beta_1 = v}); }},
    {"Lion", "beta_2", 0.5, refused, [](const double& v) { Lion({.beta_2 = v}); }},
    {"RMSprop", "rho", 0.5, refused, [](const double& v) { RMSprop({.rho = v}); }},
    {"RMSprop", "momentum", 0.5, refused, [](const double& v) { RMSprop({.momentum = v}); }},
    {"RMSprop", "epsilon", 0.5, refused, [](const double& v) { RMSprop({.epsilon = v}); }},
    {"Adadelta", "rho", 0.5, refused, [](const double& v) { Adadelta({.rho = v}); }},
    {"Adagrad", "initial_accumulator_value", 0.5, refused,
     [](const double& v) { Adagrad({.initial_accumulator_value = v}); }},
    {"Adafactor", "beta_2_decay", -0.5, refused, [](const double& v) { Adafactor({.beta_2_decay = v}); }},
    {"Adafactor", "epsilon_1", 0.5, refused, [](const double& v) { Adafactor({.epsilon_1 = v}); }},
    {"Adafactor", "epsilon_2", 0.5, refused, [](const double& v) { Adafactor({.epsilon_2 = v}); }},
    {"Adafactor", "clip_threshold", 0.5, allowed, [](const double& v) { Adafactor({.clip_threshold = v}); }},
    {"Ftrl", "learning_rate_power", -0.5, refused, [](const double& v) { Ftrl({.learning_rate_power = v}); }},
    {"Ftrl", "initial_accumulator_value", 0.5, refused,
     [](const double& v) { Ftrl({.initial_accumulator_value = v}); }},
    {"Ftrl", "l1_regularization_strength", 0.5, refused,
     [](const double& v) { Ftrl({.l1_regularization_strength = v}); }},
    {"Ftrl", "l2_regularization_strength", 0.5, refused,
     [](const double& v) { Ftrl({.l2_regularization_strength = v}); }},
    {"Ftrl", "l2_shrinkage_regularization_strength", 0.5, refused,
     [](const double& v) { Ftrl({.l2_shrinkage_regularization_strength = v}); }},
    {"Ftrl", "beta", 0.5, refused, [](const double& v) { Ftrl({.beta = v}); }},
    {"LossScaleOptimizer", "initial_scale", 0.5, refused,
     [](const double& v) { LossScaleOptimizer(SGD(), {.initial_scale = v}); }},
    {"Muon", "adam_weight_decay", 0.5, refused, [](const double& v) { Muon({.adam_weight_decay = v}); }},
    {"Muon", "muon_a", 0.5, refused, [](const double& v) { Muon({.muon_a = v}); }},
    {"Muon", "muon_b", 0.5, refused, [](const double& v) { Muon({.muon_b = v}); }},
    {"Muon", "muon_c", 0.5, refused, [](const double& v) { Muon({.muon_c = v}); }},
    {"Muon", "adam_lr_ratio", 0.5, refused, [](const double& v) { Muon({.adam_lr_ratio = v}); }},
    {"Muon", "momentum", 0.5, refused, [](const double& v) { Muon({.momentum = v}); }},
    {"Muon", "rms_rate", 0.5, refused, [](const double& v) { Muon({.rms_rate = v}); }},
};

const Option schedules[] = {
    {"ExponentialDecay", "initial_learning_rate", 0.5, refused,
     [](const double& v) { ExponentialDecay({.initial_learning_rate = v, .decay_steps = 1}); }},
    {"ExponentialDecay", "decay_rate", 0.5, refused,
     [](const double& v) { ExponentialDecay({.decay_steps = 1, .decay_rate = v}); }},
    {"InverseTimeDecay", "initial_learning_rate", 0.5, refused,
     [](const double& v) { InverseTimeDecay({.initial_learning_rate = v, .decay_steps = 1}); }},
    {"InverseTimeDecay", "decay_rate", 0.5, refused,
     [](const double& v) { InverseTimeDecay({.decay_steps = 1, .decay_rate = v}); }},
    {"PiecewiseConstantDecay", "values", 0.5, refused,
     [](const double& v) {
       PiecewiseConstantDecay({.boundaries = {1}, .values = {1, v}});
     }},
    {"PolynomialDecay", "initial_learning_rate", 0.5, refused,
     [](const double& v) { PolynomialDecay({.initial_learning_rate = v, .decay_steps = 1}); }},
    {"PolynomialDecay", "end_learning_rate", 0.5, refused,
     [](const double& v) { PolynomialDecay({.decay_steps = 1, .end_learning_rate = v}); }},
    {"PolynomialDecay", "power", 0.5, refused,
     [](const double& v) { PolynomialDecay({.decay_steps = 1, .power = v}); }},
    {"CosineDecay", "initial_learning_rate", 0.5, refused,
     [](const double& v) { CosineDecay({.initial_learning_rate = v, .decay_steps = 1}); }},
    {"CosineDecay", "alpha", 0.5, refused, [](const double& v) { CosineDecay({.decay_steps = 1, .alpha = v}); }},
    {"CosineDecay", "warmup_target", 0.5, refused,
     [](const double& v) { CosineDecay({.decay_steps = 1, .warmup_target = v}); }},
    {"CosineDecayRestarts", "initial_learning_rate", 0.5, refused,
     [](const double& v) { CosineDecayRestarts({.initial_learning_rate = v, .first_decay_steps = 1}); }},
    {"CosineDecayRestarts", "t_mul", 0.5, refused,
     [](const double& v) { CosineDecayRestarts({.first_decay_steps = 1, .t_mul = v}); }},
    {"CosineDecayRestarts", "m_mul", 0.5, refused,
     [](const double& v) { CosineDecayRestarts({.first_decay_steps = 1, .m_mul = v}); }},
    {"CosineDecayRestarts", "alpha", 0.5, refused,
     [](const double& v) { CosineDecayRestarts({.first_decay_steps = 1, .alpha = v}); }},
};

void fit(FitOptions<float> options) {
  Sequential model{Input({1}), Dense(1)};
  model.compile({.optimizer = "sgd", .loss = "mean_squared_error"});
  options.verbose = 0;
  model.fit(Tensor<float>{{1}, {2}}, Tensor<float>{{1}, {0}}, options);
}

const Option training[] = {
    {"EarlyStopping", "min_delta", -0.5, refused, [](const double& v) { EarlyStopping<float>({.min_delta = v}); }},
    {"EarlyStopping", "baseline", 0.5, allowed, [](const double& v) { EarlyStopping<float>({.baseline = v}); }},
    {"ReduceLROnPlateau", "factor", 0.5, refused, [](const double& v) { ReduceLROnPlateau<float>({.factor = v}); }},
    {"ReduceLROnPlateau", "min_delta", 0.5, refused,
     [](const double& v) { ReduceLROnPlateau<float>({.min_delta = v}); }},
    {"ReduceLROnPlateau", "min_lr", 0.5, refused, [](const double& v) { ReduceLROnPlateau<float>({.min_lr = v}); }},
    {"ModelCheckpoint", "initial_value_threshold", 0.5, allowed,
     [](const double& v) { ModelCheckpoint<float>("weights.npz", {.initial_value_threshold = v}); }},
    {"LearningRateScheduler", "rate", 0.5, refused,
     [](const double& v) { fit({.callbacks = {LearningRateScheduler<float>([&v](Index) { return v; })}}); }},
    {"fit", "validation_split", 0.5, refused, [](const double& v) { fit({.validation_split = v}); }},
    {"fit", "class_weight", 0.5, refused,
     [](const double& v) {
       fit({.class_weight = {{0, v}}});
     }},
    {"compile", "loss_weights", 0.5, refused,
     [](const double& v) {
       Sequential model{Input({1}), Dense(1)};
       model.compile({.optimizer = "sgd", .loss = "mean_squared_error", .loss_weights = {v}});
     }},
};

}  // namespace

int main() {
  check(layers);
  check(preprocessing);
  check(functions);
  check(weights);
  check(losses);
  check(of_metrics);
  check(optimizers);
  check(schedules);
  check(training);
  if (failures > 0) std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
