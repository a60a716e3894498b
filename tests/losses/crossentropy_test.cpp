#include <lamina/losses/crossentropy.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/golden.hpp"
#include "support/losses.hpp"

using namespace lamina;
using namespace lamina::testing::losses;

TEST(BinaryCrossentropy, AgreesWithItsFormula) {
  const Tensor<double> t{{1., 0.}, {0., 1.}}, p{{0.8, 0.3}, {0.6, 0.9}};
  const double first = -(std::log(0.8) + std::log(0.7)) / 2, second = -(std::log(0.4) + std::log(0.9)) / 2;
  EXPECT_TRUE(expect::near(BinaryCrossentropy<double>({.reduction = each})(t, p), Tensor{first, second}));
  EXPECT_NEAR(BinaryCrossentropy<double>()(t, p).item(), (first + second) / 2, 1e-14);
  const Tensor<double> x = log(p / (1 - p));
  EXPECT_NEAR(BinaryCrossentropy<double>({.from_logits = true})(t, x).item(), (first + second) / 2, 1e-14);
  const double smooth = -(0.9 * std::log(0.8) + 0.1 * std::log(0.2) + 0.1 * std::log(0.3) + 0.9 * std::log(0.7)) / 2;
  EXPECT_NEAR(BinaryCrossentropy<double>({.label_smoothing = 0.2, .reduction = each})(t, p)[0], smooth, 1e-14);
  check_gradient(BinaryCrossentropy<double>(), t, p);
  check_gradient(BinaryCrossentropy<double>({.from_logits = true}), t, x);
  check_gradient(BinaryCrossentropy<double>({.from_logits = true, .label_smoothing = 0.3}), t, x);
}

TEST(CategoricalCrossentropy, AgreesWithItsFormula) {
  const Tensor<double> t{{0., 1., 0.}, {1., 0., 0.}}, p{{0.2, 0.5, 0.3}, {0.1, 0.1, 0.8}};
  EXPECT_TRUE(
      expect::near(CategoricalCrossentropy<double>({.reduction = each})(t, p), Tensor{-std::log(0.5), -std::log(0.1)}));
  EXPECT_NEAR(CategoricalCrossentropy<double>()(t, 4 * p).item(), -(std::log(0.5) + std::log(0.1)) / 2, 1e-14)
      << "rows are scaled to a sum of 1";
  const Tensor<double> x = log(p) + 3;
  EXPECT_TRUE(expect::near(CategoricalCrossentropy<double>({.from_logits = true, .reduction = each})(t, x),
                           Tensor{-std::log(0.5), -std::log(0.1)}));
  const double smooth = -(0.1 * std::log(0.2) + 0.8 * std::log(0.5) + 0.1 * std::log(0.3));
  EXPECT_NEAR(CategoricalCrossentropy<double>({.label_smoothing = 0.3, .reduction = each})(t, p)[0], smooth, 1e-14);
  check_gradient(CategoricalCrossentropy<double>(), t, p);
  check_gradient(CategoricalCrossentropy<double>({.from_logits = true}), t, x);
}

TEST(SparseCategoricalCrossentropy, AgreesWithOneHotTargets) {
  const Tensor<double> labels{1, 0, 2, 2}, p = exp(expect::scattered({4, 3})), x = expect::scattered({4, 3});
  const Tensor<double> one_hot{{0., 1., 0.}, {1., 0., 0.}, {0., 0., 1.}, {0., 0., 1.}};
  for (const Reduction reduction : {each, total, Reduction::sum_over_batch_size}) {
    EXPECT_TRUE(expect::near(SparseCategoricalCrossentropy<double>({.reduction = reduction})(labels, p),
                             CategoricalCrossentropy<double>({.reduction = reduction})(one_hot, p)));
    const SparseCategoricalCrossentropy<double> sparse({.from_logits = true, .reduction = reduction});
    const CategoricalCrossentropy<double> dense({.from_logits = true, .reduction = reduction});
    EXPECT_TRUE(expect::near(sparse(labels, x), dense(one_hot, x)));
    check_gradient(sparse, labels, x);
  }
  check_gradient(SparseCategoricalCrossentropy<double>(), labels, p);
  check_gradient(SparseCategoricalCrossentropy<double>({.from_logits = true}), labels, x, Tensor{1., 0., 2., 0.5});
}

TEST(SparseCategoricalCrossentropy, TakesLabelsWithAndWithoutALastAxis) {
  const Tensor<double> x = expect::scattered({2, 3, 4});
  const SparseCategoricalCrossentropy<double> loss({.from_logits = true, .reduction = each});
  const Tensor<double> flat = loss(Tensor{{0, 1, 2}, {3, 0, 1}}.cast<double>(), x);
  EXPECT_EQ(flat.shape(), (Shape{2, 3}));
  EXPECT_TRUE(expect::same(loss(reshape(Tensor{{0, 1, 2}, {3, 0, 1}}.cast<double>(), {2, 3, 1}), x), flat));
}

TEST(SparseCategoricalCrossentropy, LabelsOutOfRangeAreErrors) {
  const SparseCategoricalCrossentropy<float> loss;
  const Tensor<float> p = Tensor<float>::full({2, 3}, 1.f / 3);
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        loss(Tensor{0, 3}, p);
      },
      {"SparseCategoricalCrossentropy", "label 3 of sample 1", "from 0 to 2"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { loss(Tensor{-1, 0}, p); }, {"label -1 of sample 0"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { loss(Tensor{0.f, 0.5f}, p); }, {"label 0.5 of sample 1"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { loss(Tensor{std::nanf(""), 0.f}, p); }, {"label nan of sample 0"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { loss(Tensor{0, 1, 2}, p); }, {"one label", "(2, 3)", "(3,)"}));
}

TEST(Crossentropies, AlongAnotherAxis) {
  // Classes on the first axis: equal to the last axis after a transposition.
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

TEST(Crossentropies, SupportIgnoreClass) {
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
  EXPECT_EQ(with(Reduction::mean)(Tensor{-1., -1., -1.}, x).item(), 0) << "no sample is left";
  // NaN in ignored samples does not affect the gradient.
  Tensor<double> p{{0.2, 0.8}, {std::nan(""), 0.}};
  GradientTape<double> tape;
  tape.watch(p);
  const Tensor<double> y = SparseCategoricalCrossentropy<double>({.ignore_class = 255})(Tensor{1., 255.}, p);
  EXPECT_NEAR(y.item(), -std::log(0.8), 1e-14);
  EXPECT_TRUE(expect::near(tape.gradient(y, p), Tensor{{1., -0.25}, {0., 0.}}, {1e-12, 1e-12}));
}

TEST(Crossentropies, GeneralizedAgreesWithItsFormula) {
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
