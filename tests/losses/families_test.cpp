// The values and gradients of every family of losses, against plain loops and central differences.
#include "support/check_gradient.hpp"
#include "support/expect.hpp"

using namespace lamina;

namespace {

constexpr Reduction each = Reduction::none;

/// f(target, prediction), averaged over rows by a plain loop.
template <class F>
Tensor<double> row_means(const Tensor<double>& t, const Tensor<double>& p, const F& f) {
  Tensor<double> y = Tensor<double>::zeros(p.shape().slice(0, p.rank() - 1));
  for (Index i = 0; i < p.size(); ++i)
    y.mutable_data()[i / p.columns()] += f(t[i], p[i]) / static_cast<double>(p.columns());
  return y;
}

/// Keras's values, and first and second derivatives by differences.
template <class L>
void check(const L& loss, const Tensor<double>& t, const Tensor<double>& p, const Tensor<double>& expected,
           bool second_order = true) {
  SCOPED_TRACE(loss.class_name());
  EXPECT_TRUE(expect::near(loss(t, p), expected, {1e-9, 1e-12}));
  EXPECT_TRUE(lamina::testing::check_gradient([&](const auto& x) { return loss(t, x); }, {p},
                                              {.second_order = second_order, .tolerance = 2e-5}));
}

const Tensor<double> t3 = expect::scattered({2, 3, 4}), p3 = expect::scattered({2, 3, 4}, 2);
Tensor<double> positive(const Shape& shape, std::uint64_t seed) { return expect::scattered(shape, seed) * 0.45 + 0.5; }

}  // namespace

TEST(Regression, GiveTheirFormulas) {
  check(MeanAbsoluteError<double>(each), t3, p3, row_means(t3, p3, [](double t, double p) { return std::abs(t - p); }));
  check(MeanAbsolutePercentageError<double>(each), t3, p3,
        row_means(t3, p3, [](double t, double p) { return 100 * std::abs(t - p) / std::max(std::abs(t), 1e-7); }),
        false);
  check(LogCosh<double>(each), t3, p3,
        row_means(t3, p3, [](double t, double p) { return std::log(std::cosh(p - t)); }));
  check(Huber<double>({.delta = 0.4, .reduction = each}), t3, p3, row_means(t3, p3, [](double t, double p) {
          const double e = std::abs(t - p);
          return e <= 0.4 ? e * e / 2 : 0.4 * e - 0.08;
        }));
  const Tensor<double> u = positive({3, 4}, 1), v = positive({3, 4}, 2);
  check(MeanSquaredLogarithmicError<double>(each), u, v,
        row_means(u, v, [](double t, double p) { return std::pow(std::log(1 + t) - std::log(1 + p), 2); }));
}

TEST(Regression, LargeErrorsDoNotOverflow) {
  const Tensor<float> t{{0.f, 0.f}}, p{{1e4f, -1e4f}};
  EXPECT_NEAR(LogCosh<float>()(t, p).item(), 1e4f - std::log(2.f), 1e-2);
  EXPECT_NEAR(MeanAbsolutePercentageError<float>()(t, p).item(), 1e13f, 1e8) << "divided by 1e-7";
}

TEST(Regression, CosineSimilarityAlongAnAxis) {
  const auto expected = [](Index outer, Index count, Index inner) {
    std::vector<double> all;
    for (Index o = 0; o < outer; ++o)
      for (Index i = 0; i < inner; ++i) {
        double tp = 0, tt = 0, pp = 0;
        for (Index c = 0; c < count; ++c) {
          const Index at = (o * count + c) * inner + i;
          tp += t3[at] * p3[at], tt += t3[at] * t3[at], pp += p3[at] * p3[at];
        }
        all.push_back(-tp / std::sqrt(tt * pp));
      }
    return all;
  };
  check(CosineSimilarity<double>({.reduction = each}), t3, p3, Tensor<double>::from(expected(6, 4, 1).data(), {2, 3}));
  check(CosineSimilarity<double>({.axis = 1, .reduction = each}), t3, p3,
        Tensor<double>::from(expected(2, 3, 4).data(), {2, 4}));
  const Tensor<double> nothing{{0., 0.}};
  Tensor<double> p = nothing;
  GradientTape<double> tape;
  tape.watch(p);
  const Tensor<double> y = CosineSimilarity<double>()(Tensor{{1., 0.}}, p);
  EXPECT_EQ(y.item(), 0);
  EXPECT_TRUE(expect::near(tape.gradient(y, p), Tensor{{-1e7, 0.}}, {1e-9, 0}));
}

TEST(Hinges, GiveTheirFormulas) {
  const Tensor<double> signs{{1., -1.}, {-1., -1.}}, bits{{1., 0.}, {0., 0.}}, p{{0.3, 0.7}, {-1.5, 0.1}};
  const Tensor<double> hinge{(0.7 + 1.7) / 2, 1.1 / 2}, squared{(0.49 + 2.89) / 2, 1.21 / 2};
  check(Hinge<double>(each), signs, p, hinge);
  check(Hinge<double>(each), bits, p, hinge);
  check(SquaredHinge<double>(each), signs, p, squared);
  check(SquaredHinge<double>(each), bits, p, squared);
  EXPECT_NEAR(Hinge<double>()(Tensor{{0.5, 1.}}, Tensor{{1., 1.}}).item(), 0.25, 1e-15) << "not binary: as they are";
  check(CategoricalHinge<double>(each), Tensor{{0., 1., 0.}, {1., 0., 0.}}, Tensor{{0.2, 0.5, 0.9}, {0.9, -1., -2.}},
        Tensor{1.4, 0.1});
}

TEST(Probabilistic, GiveTheirFormulas) {
  const Tensor<double> t = positive({3, 4}, 1), p = positive({3, 4}, 2);
  check(KLDivergence<double>(each), t, p, row_means(t, p, [](double a, double b) { return 4 * a * std::log(a / b); }));
  check(Poisson<double>(each), t, p, row_means(t, p, [](double a, double b) { return b - a * std::log(b + 1e-7); }));
  EXPECT_NEAR(KLDivergence<double>()(Tensor{{0., 1.}}, Tensor{{1., 0.}}).item(), std::log(1e7) + 1e-7 * std::log(1e-7),
              1e-9)
      << "no log 0";
}

TEST(Crossentropies, AlongAnotherAxis) {
  // The classes first: as the last axis after a transposition.
  const Tensor<double> x = expect::scattered({2, 5, 3}), p = exp(x), labels{{0., 4., 2.}, {1., 1., 3.}};
  const Tensor<double> xt = transpose(x, {0, 2, 1}), pt = transpose(p, {0, 2, 1});
  Tensor<double> one_hot = Tensor<double>::zeros({2, 5, 3});
  for (Index b = 0; b < 2; ++b)
    for (Index i = 0; i < 3; ++i) one_hot.mutable_data()[(b * 5 + static_cast<Index>(labels(b, i))) * 3 + i] = 1;
  for (const bool logits : {false, true}) {
    const Tensor<double>&in = logits ? x : p, &turned = logits ? xt : pt;
    const Tensor<double> expected =
        SparseCategoricalCrossentropy<double>({.from_logits = logits, .reduction = each})(labels, turned);
    check(SparseCategoricalCrossentropy<double>({.from_logits = logits, .axis = 1, .reduction = each}), labels, in,
          expected);
    check(SparseCategoricalCrossentropy<double>({.from_logits = logits, .axis = 1, .reduction = each}),
          reshape(labels, {2, 1, 3}), in, expected);
    check(CategoricalCrossentropy<double>({.from_logits = logits, .axis = 1, .reduction = each}), one_hot, in,
          expected);
  }
  const Tensor<double> q = positive({2, 3}, 4), t = positive({2, 3}, 5);
  EXPECT_TRUE(expect::near(BinaryCrossentropy<double>({.axis = 0, .reduction = each})(t, q),
                           BinaryCrossentropy<double>({.reduction = each})(transpose(t), transpose(q))));
}

TEST(Crossentropies, IgnoreAClass) {
  const Tensor<double> labels{1., -1., 0.}, x = expect::scattered({3, 4});
  const double first =
                   SparseCategoricalCrossentropy<double>({.from_logits = true})(Tensor{1.}, x.rows_view(0, 1)).item(),
               last =
                   SparseCategoricalCrossentropy<double>({.from_logits = true})(Tensor{0.}, x.rows_view(2, 3)).item();
  const auto with = [](Reduction reduction) {
    return SparseCategoricalCrossentropy<double>({.from_logits = true, .ignore_class = -1, .reduction = reduction});
  };
  check(with(each), labels, x, Tensor{first, 0., last});
  check(with(Reduction::sum), labels, x, Tensor<double>(first + last));
  check(with(Reduction::mean), labels, x, Tensor<double>((first + last) / 2));
  check(with(Reduction::mean_with_sample_weight), labels, x, Tensor<double>((first + last) / 2));
  EXPECT_NEAR(with(Reduction::sum_over_batch_size)(labels, x, Tensor{2., 7., 0.}).item(), first, 1e-14);
  EXPECT_NEAR(with(Reduction::sum_over_batch_size)(labels, x, {}, Tensor{1., 1., 0.}).item(), first, 1e-14);
  EXPECT_EQ(with(Reduction::mean)(Tensor{-1., -1., -1.}, x).item(), 0) << "nothing is left";
  // Numbers that are none, where they are ignored, do not reach the gradient.
  Tensor<double> p{{0.2, 0.8}, {std::nan(""), 0.}};
  GradientTape<double> tape;
  tape.watch(p);
  const Tensor<double> y = SparseCategoricalCrossentropy<double>({.ignore_class = 255})(Tensor{1., 255.}, p);
  EXPECT_NEAR(y.item(), -std::log(0.8), 1e-14);
  EXPECT_TRUE(expect::near(tape.gradient(y, p), Tensor{{1., -0.25}, {0., 0.}}, {1e-12, 1e-12}));
}

TEST(Crossentropies, GeneralizedGivesItsFormula) {
  const Tensor<double> p = positive({3, 4}, 3);
  check(CategoricalGeneralizedCrossEntropy<double>({.q = 0.7, .reduction = each}), Tensor{2., 0., 3.}, p,
        Tensor{(1 - std::pow(p(0, 2), 0.7)) / 0.7, (1 - std::pow(p(1, 0), 0.7)) / 0.7,
               (1 - std::pow(p(2, 3), 0.7)) / 0.7});
  EXPECT_TRUE(expect::error<ValueError>([] { CategoricalGeneralizedCrossEntropy<float>({.q = 1}); }, {"q", "1"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        CategoricalGeneralizedCrossEntropy<double>()(Tensor{2., 4., 0.}, p);
      },
      {"CategoricalGeneralizedCrossEntropy", "label 4 of sample 1", "0 to 3"}));
}

TEST(Focal, GiveTheirFormulas) {
  const Tensor<double> t{{1., 0., 1.}, {0., 0., 1.}}, p = positive({2, 3}, 7), x = log(p / (1 - p));
  const auto binary = [](double alpha, double gamma, double smoothing) {
    return [=](double target, double q) {
      const double y = target * (1 - smoothing) + smoothing / 2, hit = y * q + (1 - y) * (1 - q);
      const double weight = alpha == 0 ? 1 : y * alpha + (1 - y) * (1 - alpha);
      return -weight * std::pow(1 - hit, gamma) * (y * std::log(q) + (1 - y) * std::log(1 - q));
    };
  };
  for (const bool logits : {false, true}) {
    const Tensor<double>& in = logits ? x : p;
    check(BinaryFocalCrossentropy<double>({.from_logits = logits, .reduction = each}), t, in,
          row_means(t, p, binary(0, 2, 0)));
    check(BinaryFocalCrossentropy<double>({.apply_class_balancing = true,
                                           .alpha = 0.3,
                                           .gamma = 1.5,
                                           .from_logits = logits,
                                           .label_smoothing = 0.2,
                                           .reduction = each}),
          t, in, row_means(t, p, binary(0.3, 1.5, 0.2)));
  }
  const Tensor<double> c{{0., 1., 0.}, {1., 0., 0.}}, z = log(p);
  const Tensor<double> share = p / sum(p, {.axes = {-1}, .keepdims = true});
  const auto categorical = [&](const std::vector<double>& alpha, double gamma) {
    Tensor<double> y = Tensor<double>::zeros({2});
    for (Index i = 0; i < 6; ++i)
      y.mutable_data()[i / 3] -=
          alpha[static_cast<std::size_t>(i % 3)] * std::pow(1 - share[i], gamma) * c[i] * std::log(share[i]);
    return y;
  };
  for (const bool logits : {false, true}) {
    const Tensor<double>& in = logits ? z : p;
    check(CategoricalFocalCrossentropy<double>({.from_logits = logits, .reduction = each}), c, in,
          categorical({0.25, 0.25, 0.25}, 2));
    check(CategoricalFocalCrossentropy<double>(
              {.alpha = {0.1, 0.5, 0.9}, .gamma = 0, .from_logits = logits, .reduction = each}),
          c, in, categorical({0.1, 0.5, 0.9}, 0));
  }
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        CategoricalFocalCrossentropy<double>({.alpha = {1, 2}})(c, p);
      },
      {"one alpha", "3 classes", "got 2"}));
  EXPECT_TRUE(expect::error<ValueError>([] { BinaryFocalCrossentropy<float>({.gamma = -1}); }, {"gamma", "-1"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { BinaryCrossentropy<float>({.label_smoothing = 2}); }, {"label_smoothing", "2"}));
}

TEST(Segmentation, GiveTheirFormulas) {
  const Tensor<double> t{{{1., 0.}, {1., 1.}}, {{0., 0.}, {0., 1.}}}, p = positive({2, 2, 2}, 9);
  const auto sums = [&](Index begin, Index end) {
    double tp = 0, a = 0, b = 0;
    for (Index i = begin; i < end; ++i) tp += t[i] * p[i], a += t[i], b += p[i];
    return std::array<double, 3>{tp, a, b};
  };
  const auto dice = [&](Index begin, Index end) {
    const auto [tp, a, b] = sums(begin, end);
    return 1 - 2 * tp / (a + b + 1e-7);
  };
  const auto tversky = [&](Index begin, Index end) {
    const auto [tp, a, b] = sums(begin, end);
    return 1 - tp / (tp + 0.3 * (a - tp) + 0.9 * (b - tp) + 1e-7);
  };
  check(Dice<double>(), t, p, Tensor<double>(dice(0, 8)));
  check(Dice<double>({.reduction = each, .axis = {1, 2}}), t, p, Tensor{dice(0, 4), dice(4, 8)});
  check(Tversky<double>({.alpha = 0.3, .beta = 0.9}), t, p, Tensor<double>(tversky(0, 8)));
  check(Tversky<double>({.alpha = 0.3, .beta = 0.9, .reduction = each, .axis = {1, 2}}), t, p,
        Tensor{tversky(0, 4), tversky(4, 8)});
  EXPECT_EQ(Dice<double>({.axis = -1}).get_config().at("axis").as_integer(), -1);
  EXPECT_TRUE(Dice<double>().get_config().at("axis").is_null());
}

TEST(Circle, GivesItsFormula) {
  const Tensor<double> labels{0., 0., 1., 2., 1.}, y = l2_normalize(expect::scattered({5, 3}));
  for (const bool diagonal : {true, false}) {
    const double gamma = 5, m = 0.3;
    Tensor<double> expected = Tensor<double>::zeros({5});
    for (Index i = 0; i < 5; ++i) {
      double same = 0, other = 0;
      for (Index j = 0; j < 5; ++j) {
        double dot = 0;
        for (Index k = 0; k < 3; ++k) dot += y(i, k) * y(j, k);
        const double d = std::max(1 - dot, 0.0);
        if (labels[i] != labels[j])
          other += std::exp(gamma * std::max(1 + m - d, 0.0) * (1 - m - d));
        else if (!diagonal || i != j)
          same += std::exp(-gamma * std::max(m + d, 0.0) * (m - d));
      }
      expected.mutable_data()[i] = std::log(1 + same * other);
    }
    const CircleOptions options{.gamma = gamma, .margin = m, .remove_diagonal = diagonal, .reduction = each};
    EXPECT_TRUE(expect::near(Circle<double>(options)(labels, y), expected, {1e-9, 1e-12}));
    EXPECT_TRUE(expect::near(Circle<double>(options)(reshape(labels, {5, 1}), y), expected, {1e-9, 1e-12}));
    CircleOptions averaged = options;
    averaged.reduction = Reduction::mean;
    const double kept = diagonal ? 4 : 5;
    EXPECT_NEAR(Circle<double>(averaged)(labels, y).item(), sum(expected).item() / kept, 1e-9)
        << "a sample alone in its class has no loss, and does not count";
    if (diagonal) {
      EXPECT_TRUE(lamina::testing::check_gradient([&](const auto& x) { return Circle<double>(options)(labels, x); },
                                                  {y}, {.second_order = true, .tolerance = 1e-4}));
    }
  }
  EXPECT_TRUE(expect::error<ShapeError>([&] { Circle<double>()(Tensor{0., 1.}, y); }, {"Circle", "(5, 3)", "(2,)"}));
}

TEST(Reductions, WithAMask) {
  const Tensor<double> mask{{1., 0., 1.}, {1., 1., 0.}}, weight = positive({2, 3}, 11);
  const Tensor<double> values = MeanAbsoluteError<double>(each)(t3, p3);
  const double kept = sum(values * mask).item(), weighted = sum(values * mask * weight).item(),
               weights = sum(mask * weight).item();
  const auto loss = [](Reduction reduction) { return MeanAbsoluteError<double>(reduction); };
  EXPECT_TRUE(expect::near(loss(each)(t3, p3, {}, mask), values * mask));
  EXPECT_NEAR(loss(Reduction::sum)(t3, p3, {}, mask).item(), kept, 1e-14);
  for (const Reduction mean : {Reduction::mean, Reduction::sum_over_batch_size}) {
    EXPECT_NEAR(loss(mean)(t3, p3, {}, mask).item(), kept / 4, 1e-14);
    EXPECT_NEAR(loss(mean)(t3, p3, weight, mask).item(), weighted / 4, 1e-14);
    EXPECT_EQ(loss(mean)(t3, p3, {}, mask * 0.0).item(), 0) << "nothing is kept";
  }
  EXPECT_NEAR(loss(Reduction::mean_with_sample_weight)(t3, p3, {}, mask).item(), kept / 4, 1e-14);
  EXPECT_NEAR(loss(Reduction::mean_with_sample_weight)(t3, p3, weight, mask).item(), weighted / weights, 1e-14);
  const double first = sum(values.rows_view(0, 1)).item();
  EXPECT_NEAR(loss(Reduction::mean)(t3, p3, {}, Tensor{1., 0.}).item(), first / 3, 1e-14) << "one for each sample";
  EXPECT_EQ(loss(Reduction::mean_with_sample_weight)(t3, p3, Tensor{0., 0.}).item(), 0);
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        loss(each)(t3, p3, Tensor{1., 2., 3.});
      },
      {"MeanAbsoluteError", "sample weights", "(3,)", "(2, 3)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { loss(each)(t3, p3, {}, Tensor{1., 2., 3.}); }, {"mask", "(3,)"}));
}

TEST(LossTable, KnowsEveryNameAndConfiguration) {
  const auto made = [](const Config& config) { return LossFamily<float>::Table::from_config("loss", config); };
  const std::pair<const char*, const char*> names[] = {{"mse", "MeanSquaredError"},
                                                       {"MAE", "MeanAbsoluteError"},
                                                       {"mape", "MeanAbsolutePercentageError"},
                                                       {"MSLE", "MeanSquaredLogarithmicError"},
                                                       {"kld", "KLDivergence"},
                                                       {"bce", "BinaryCrossentropy"},
                                                       {"kl_divergence", "KLDivergence"},
                                                       {"logcosh", "LogCosh"},
                                                       {"log_cosh", "LogCosh"},
                                                       {"cosine_similarity", "CosineSimilarity"},
                                                       {"huber", "Huber"}};
  for (const auto& [name, class_name] : names) EXPECT_EQ(made(name)->class_name(), class_name);
  for (const char* name : {"MeanSquaredError",
                           "MeanAbsoluteError",
                           "MeanAbsolutePercentageError",
                           "MeanSquaredLogarithmicError",
                           "Huber",
                           "LogCosh",
                           "CosineSimilarity",
                           "Hinge",
                           "SquaredHinge",
                           "CategoricalHinge",
                           "KLDivergence",
                           "Poisson",
                           "BinaryCrossentropy",
                           "BinaryFocalCrossentropy",
                           "CategoricalCrossentropy",
                           "CategoricalFocalCrossentropy",
                           "SparseCategoricalCrossentropy",
                           "Dice",
                           "Tversky",
                           "Circle",
                           "CategoricalGeneralizedCrossEntropy",
                           "CTC"}) {
    const auto loss = made(name);
    EXPECT_EQ(loss->class_name(), name);
    Config config = loss->get_config();
    EXPECT_EQ(config.at("reduction").as_string(), "sum_over_batch_size") << name;
    config["name"] = "mine";
    config["reduction"] = "sum";
    EXPECT_EQ(made(named_config(name, config))->reduction(), Reduction::sum) << name;
    config["reduction"] = nullptr;
    EXPECT_EQ(made(named_config(name, config))->reduction(), Reduction::none) << name;
  }
  Config config;
  config["alpha"] = Config::list({0.1, 0.2});
  config["gamma"] = 3;
  EXPECT_EQ(made(named_config("CategoricalFocalCrossentropy", config))->get_config().at("alpha").to_string(),
            "[0.1, 0.2]");
  EXPECT_TRUE(expect::error<ValueError>([&] { made("hunber"); }, {"loss \"hunber\"", "\"huber\""}));
  EXPECT_TRUE(expect::error<ValueError>([&] { made(named_config("Hinge", config)); }, {"Hinge", "\"alpha\""}));
  EXPECT_TRUE(expect::error<ValueError>([] { Huber<float>({.delta = 0}); }, {"Huber", "delta"}));
}
