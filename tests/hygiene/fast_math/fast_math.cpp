// Built with -ffast-math: results must stay correct, and NaN must be detected, although the compiler may reorder sums
// and assume that no number is infinite or NaN. This file therefore classifies numbers by their bits.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <lamina/lamina.hpp>

namespace {

using namespace lamina;

int failures = 0;

void expect(bool holds, const char* what, double got = 0, double expected = 0) {
  if (holds) return;
  ++failures;
  std::printf("%s: got %.17g, expected %.17g\n", what, got, expected);
}

/// Returns `n` numbers evenly spaced from `low` to `high`.
template <class S>
Tensor<S> between(Index n, double low, double high) {
  Tensor<S> x = Tensor<S>::empty({n});
  for (Index i = 0; i < n; ++i)
    x.mutable_data()[i] = static_cast<S>(low + (high - low) * (static_cast<double>(i) + 0.5) / static_cast<double>(n));
  return x;
}

void expect_near(const char* what, double got, long double expected, double bound) {
  const auto right = static_cast<double>(expected);
  expect(is_finite(got) && std::fabs(got - right) <= bound * std::fabs(right) + 1e-37, what, got, right);
}

/// Compares a function of packs with the C library, for scalars and for SIMD lanes.
template <class S, class F, class Expected>
void compare(const char* what, double low, double high, const F& f, const Expected& expected) {
  constexpr int lanes = 16 / sizeof(S);
  const Tensor<S> x = between<S>(224, low, high);
  for (Index i = 0; i < x.size(); i += lanes) {
    S y[std::size_t{lanes}];
    f(kernels::Pack<S, lanes>::load(x.data() + i)).store(y);
    for (int j = 0; j < lanes; ++j) {
      const auto right = expected(static_cast<long double>(x[i + j]));
      const double bound = sizeof(S) == 4 ? 2e-6 : 1e-13;
      expect_near(what, static_cast<double>(y[j]), right, bound);
      f(kernels::Pack<S, 1>::load(x.data() + i + j)).store(y + j);
      expect_near(what, static_cast<double>(y[j]), right, bound);
    }
  }
}

using L = long double;
constexpr auto sigmoid_of = [](L x) { return 1 / (1 + std::exp(-x)); };

template <class S>
void functions() {
  compare<S>(
      "exp", -80, 80, [](const auto& x) { return exp(x); }, [](L x) { return std::exp(x); });
  compare<S>(
      "exp", -1, 1, [](const auto& x) { return exp(x); }, [](L x) { return std::exp(x); });
  compare<S>(
      "expm1", -1e-6, 1e-6, [](const auto& x) { return expm1(x); }, [](L x) { return std::expm1(x); });
  compare<S>(
      "log", 1e-6, 1e6, [](const auto& x) { return log(x); }, [](L x) { return std::log(x); });
  compare<S>(
      "log1p", 1e-10, 1e-8, [](const auto& x) { return log1p(x); }, [](L x) { return std::log1p(x); });
  compare<S>(
      "log1p", 0, 50, [](const auto& x) { return log1p(x); }, [](L x) { return std::log1p(x); });
  compare<S>(
      "tanh", -9, 9, [](const auto& x) { return tanh(x); }, [](L x) { return std::tanh(x); });
  compare<S>(
      "tanh", -1e-6, 1e-6, [](const auto& x) { return tanh(x); }, [](L x) { return std::tanh(x); });
  compare<S>(
      "sin", 0.1, 3, [](const auto& x) { return sin(x); }, [](L x) { return std::sin(x); });
  compare<S>(
      "sin", 100, 101, [](const auto& x) { return sin(x); }, [](L x) { return std::sin(x); });
  compare<S>(
      "cos", -1.5, 1.5, [](const auto& x) { return cos(x); }, [](L x) { return std::cos(x); });
  compare<S>(
      "erf", -5, 5, [](const auto& x) { return erf(x); }, [](L x) { return std::erf(x); });
  compare<S>(
      "sqrt", 1e-6, 1e6, [](const auto& x) { return sqrt(x); }, [](L x) { return std::sqrt(x); });
  compare<S>(
      "sqrt", 1e-6, 1e6, [](const auto& x) { return kernels::detail::square_root_by_newton(x); },
      [](L x) { return std::sqrt(x); });
  compare<S>(
      "sigmoid", -80, 80, [](const auto& x) { return sigmoid(x); }, sigmoid_of);
  compare<S>(
      "sigmoid", -2000, -800, [](const auto& x) { return sigmoid(x); }, [](L) { return L(0); });
  compare<S>(
      "softplus", -10, 50, [](const auto& x) { return softplus(x); }, [](L x) { return std::log1p(std::exp(x)); });
}

/// Compares operations with the C library, for few and for many elements, which take different code paths.
template <class F, class Expected>
void compare_operation(const char* what, double low, double high, const F& f, const Expected& expected) {
  for (const Index n : {7, 229}) {
    const Tensor<float> x = between<float>(n, low, high), y = f(x);
    for (Index i = 0; i < n; ++i) expect_near(what, y[i], expected(L(x[i])), 2e-6);
  }
}

void operations() {
  const auto normal_of = [](L x) { return std::erfc(-x / std::sqrt(L(2))) / 2; };
  compare_operation(
      "exp", -80, 80, [](const auto& x) { return exp(x); }, [](L x) { return std::exp(x); });
  compare_operation(
      "sin", 0.1, 3, [](const auto& x) { return sin(x); }, [](L x) { return std::sin(x); });
  compare_operation("gelu", 0, 9, activations::Gelu(), [&](L x) { return x * normal_of(x); });
  compare_operation("silu", -20, 20, activations::Silu(), [](L x) { return x * sigmoid_of(x); });
  compare_operation("relu", -20, 20, activations::Relu(), [](L x) { return x > 0 ? x : 0; });
}

template <class S>
void infinities() {
  // Made from bits, so that the compiler cannot treat them as constants that never occur.
  const S inf = kernels::Pack<S, 1>::infinity().v, nan = kernels::Pack<S, 1>::nan().v;
  for (const Index n : {2, 9, 40, 300}) {
    Tensor<S> x = Tensor<S>::empty({3, n});
    S* values = x.mutable_data();
    for (Index j = 0; j < n; ++j) {
      values[j] = S(-j - 1);
      std::memcpy(values + n + j, &inf, sizeof inf);
      values[n + j] = -values[n + j];
      values[2 * n + j] = values[n + j];
    }
    values[2 * n + n / 2] = S(3);
    const Tensor<S> largest = max(x, {.axes = {1}}), smallest = min(-x, {.axes = {1}});
    expect(largest[0] == -1 && smallest[0] == 1, "max of negative numbers", largest[0], -1);
    expect(is_infinite(largest[1]) && largest[1] < 0, "max of -infinity", largest[1]);
    expect(is_infinite(smallest[1]) && smallest[1] > 0, "min of infinity", smallest[1]);
    expect(largest[2] == 3, "max with -infinity", largest[2], 3);
    const Tensor<S> columns = max(x, {.axes = {0}});
    expect(columns[0] == -1, "max along the first axis", columns[0], -1);

    const Tensor<S> shares = softmax(x), sums = logsumexp(x);
    expect(std::fabs(shares[2 * n + n / 2] - 1) < S(1e-6) && shares[2 * n] == 0, "softmax with -infinity",
           shares[2 * n]);
    expect(is_infinite(sums[1]) && sums[1] < 0, "logsumexp of -infinity", sums[1]);
    expect(std::fabs(sums[2] - S(3)) < 1e-5, "logsumexp with -infinity", sums[2], 3);

    std::memcpy(values, &nan, sizeof nan);
    expect(is_nan(exp(x)[0]) && is_nan(log(x)[0]) && is_nan(erf(x)[0]) && is_nan(tanh(x)[0]) && is_nan(log1p(x)[0]) &&
               is_nan(sqrt(x)[0]) && is_nan(maximum(x, 0)[0]) && is_nan(minimum(0, x)[0]),
           "NaN stays NaN");
    expect(is_nan(max(x, {.axes = {1}})[0]), "max of NaN");
    expect(argmax(x)[0] == 0, "argmax of NaN");
  }
  expect(is_infinite(exp(Tensor<S>(1000)).item()), "exp of a large number");
  expect(is_infinite(log(Tensor<S>(0)).item()), "log of 0");
  expect(is_nan(log(Tensor<S>(-1)).item()), "log of a negative number");
}

void masks() {
  // The output of a query whose mask allows a single key is the value of that key.
  const Tensor<float> q = reshape(between<float>(8, -1, 1), {1, 2, 1, 4}),
                      k = reshape(between<float>(12, -1, 1), {1, 3, 1, 4});
  const Tensor<float> y = dot_product_attention(q, k, k, {.mask = Tensor<float>{{0, 1, 0}, {0, 0, 1}}});
  for (Index i = 0; i < 4; ++i) {
    expect(std::fabs(y[i] - k[4 + i]) < 1e-6F, "masked attention", y[i], k[4 + i]);
    expect(std::fabs(y[4 + i] - k[8 + i]) < 1e-6F, "masked attention", y[4 + i], k[8 + i]);
  }
  const Tensor<float> pooled =
      max_pool(Tensor<float>::full({1, 3, 3, 5}, -1), {2, 2}, {.strides = 2, .padding = "same"});
  for (Index i = 0; i < pooled.size(); ++i) expect(pooled[i] == -1, "max_pool", pooled[i], -1);

  const CTC<float> ctc;
  const Tensor<float> logits = Tensor<float>::zeros({1, 4, 3});
  // 15 alignments of the labels "1 2", each with probability 3^-4.
  const float loss = ctc(Tensor<float>{{1, 2}}, logits).item();
  expect(std::fabs(loss - std::log(81.0F / 15)) < 1e-5F, "CTC", loss, std::log(81.0 / 15));
  expect(is_infinite(ctc(Tensor<float>{{1, 1, 1}}, logits).item()), "CTC of too many labels");
}

template <class F>
bool refuses(const F& f) {
  try {
    f();
  } catch (const Error&) {
    return true;
  }
  return false;
}

void training() {
  const float nan = kernels::Pack<float, 1>::nan().v;
  Sequential model{Input({1}), Dense(1)};
  model.compile({.optimizer = "adam", .loss = "mean_squared_error", .metrics = {"mae"}});
  const Tensor<float> xs = reshape(between<float>(8, -1, 1), {8, 1});
  Tensor<float> ys = 2 * xs - 1;
  const History good = model.fit(xs, ys, {.batch_size = 2, .epochs = 3, .verbose = 0, .callbacks = {TerminateOnNaN()}});
  expect(good["loss"].size() == 3 && good["loss"].back() < good["loss"].front(), "fit", good["loss"].back());

  std::memcpy(ys.mutable_data() + 1, &nan, sizeof nan);
  const History stopped =
      model.fit(xs, ys, {.batch_size = 2, .epochs = 3, .verbose = 0, .callbacks = {TerminateOnNaN()}});
  expect(stopped["loss"].size() == 1, "TerminateOnNaN", static_cast<double>(stopped["loss"].size()), 1);

  // NaN is never the best value, and a missing log is no value.
  EarlyStopping<float> early({.monitor = "loss", .patience = 2});
  detail::Monitor monitor("loss", MonitorMode::min, 0);
  expect(!monitor.update(static_cast<double>(nan)) && monitor.update(1) && !monitor.update(static_cast<double>(nan)) &&
             monitor.best() == 1,
         "the best of NaN and 1", monitor.best(), 1);

  Tensor<float> label{nan};
  std::memcpy(label.mutable_data(), &nan, sizeof nan);
  expect(refuses([&] { SparseCategoricalCrossentropy<float>()(label, Tensor<float>{{0.5, 0.5}}); }), "a label of NaN");
  expect(refuses([&] { Embedding<float>(4, 2)(reshape(label, {1, 1})); }), "an index of NaN");
}

void loss_scaling() {
  using Pack = kernels::Pack<float, 1>;
  const Variable<float> w(Tensor<float>::ones({100}));
  LossScaleOptimizer optimizer(Adam(0.1), {.initial_scale = 256, .dynamic_growth_steps = 2});
  Tensor<float> gradient = Tensor<float>::full({100}, 512);
  const auto expect_scale = [&](const char* what, double scale, Index steps) {
    optimizer.apply_gradients({gradient}, {w});
    expect(optimizer.dynamic_scale() == scale, what, optimizer.dynamic_scale(), scale);
    expect(optimizer.steps() == steps, what, static_cast<double>(optimizer.steps()), static_cast<double>(steps));
  };
  expect_scale("a finite gradient", 256, 1);
  expect(std::fabs(w.value()[99] - 0.9F) < 1e-5F, "LossScaleOptimizer", w.value()[99], 0.9);
  double scale = 256;
  for (const float& bad : {Pack::nan().v, Pack::infinity().v})
    for (const Index at : {0, 57, 99}) {
      std::memcpy(gradient.mutable_data() + at, &bad, sizeof bad);
      expect_scale("a gradient of NaN or infinity", scale /= 2, 1);
      gradient = Tensor<float>::full({100}, 512);
    }
  expect_scale("a finite gradient", scale, 2);
  expect_scale("a finite gradient", scale * 2, 3);
  const float nan = Pack::nan().v;
  Tensor<float> bad_scale = Tensor<float>::ones({});
  std::memcpy(bad_scale.mutable_data(), &nan, sizeof nan);
  optimizer.variables()[1].assign(bad_scale);
  expect(refuses([&] { optimizer.apply_gradients({gradient}, {w}); }), "a scale of NaN");
}

template <class M>
void metric(const char* what, M m, const Tensor<float>& t, const Tensor<float>& p, double expected) {
  m.update_state(t, p);
  expect(std::fabs(m.result() - expected) < 1e-6, what, m.result(), expected);
}

void metrics_of_classes() {
  const Tensor<float> t{0, 0, 1, 1}, p{0.1, 0.6, 0.4, 0.9};
  metric("AUC", AUC<float>(), t, p, 0.75);
  metric("Precision", Precision<float>(), t, p, 0.5);
  metric("Recall", Recall<float>(), t, p, 0.5);
  metric("SensitivityAtSpecificity", SensitivityAtSpecificity<float>({.specificity = 0.5}), t, p, 1);
  metric("R2Score", R2Score<float>(), reshape(t, {4, 1}), reshape(p, {4, 1}), 1 - 0.74);
  metric("R2Score of equal targets", R2Score<float>(), Tensor<float>{{1}, {1}}, Tensor<float>{{0}, {1}}, 0);
  metric("MeanIoU", MeanIoU<float>({.num_classes = 2}), t, Tensor<float>{0, 1, 1, 1}, (0.5 + 2.0 / 3) / 2);
  expect(refuses([] { SensitivityAtSpecificity<float>(); }), "an argument that is not given");
}

}  // namespace

int main() {
  functions<float>();
  functions<double>();
  operations();
  infinities<float>();
  masks();
  training();
  loss_scaling();
  metrics_of_classes();
  Tensor<float> uniform = random_uniform<float>({1 << 16});
  for (Index i = 0; i < uniform.size(); ++i) expect(uniform[i] >= 0 && uniform[i] < 1, "random_uniform", uniform[i]);
  expect(Config(static_cast<double>(kernels::Pack<double, 1>::nan().v)).to_string() == "NaN", "JSON of NaN");
  if (failures > 0) std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
