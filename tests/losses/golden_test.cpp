// Losses against what Keras computes: every reduction, with and without sample weights, values and gradients.
#include "support/golden.hpp"
#include "support/expect.hpp"

using namespace lamina;

namespace {

template <class Make>
void check(const std::string& id, const Make& make) {
  const golden::Case expected("losses/" + id);
  const Tensor<float> y_true = expected.tensor<float>("y_true");
  const expect::Within within{1e-5, 1e-6};
  int compared = 0;
  for (const std::string reduction : {"sum_over_batch_size", "sum", "none"})
    for (const std::string weights : {"", "_sw", "_swfull"}) {
      const std::string name = reduction + weights;
      if (!expected.contains(name)) continue;
      SCOPED_TRACE(id + ", " + name);
      Tensor<float> weight;
      if (weights == "_sw") weight = expected.tensor<float>("sample_weight");
      if (weights == "_swfull") weight = expected.tensor<float>("sample_weight_full");
      const auto loss = make(reduction_named(reduction));
      Tensor<float> y_pred = expected.tensor<float>("y_pred");
      GradientTape<float> tape;
      tape.watch(y_pred);
      const Tensor<float> value = loss(y_true, y_pred, weight);
      EXPECT_TRUE(expect::near(value, expected.tensor<float>(name), within));
      const Tensor<float> gradient = tape.gradient(value, y_pred);
      if (expected.contains(name + "_dy_pred")) {
        EXPECT_TRUE(expect::near(gradient, expected.tensor<float>(name + "_dy_pred"), within));
      }
      ++compared;
    }
  EXPECT_GE(compared, 4) << id;
  EXPECT_TRUE(expect::near(make(Reduction::none)(y_true, expected.tensor<float>("y_pred")),
                           expected.tensor<float>("per_sample"), within))
      << id;
}

template <template <class> class L>
auto with(typename L<float>::Arguments options = {}) {
  return [options](Reduction reduction) {
    typename L<float>::Arguments reduced = options;
    reduced.reduction = reduction;
    return L<float>(reduced);
  };
}

}  // namespace

TEST(GoldenLosses, MeanSquaredError) {
  check("000_MeanSquaredError_reg", [](Reduction reduction) { return MeanSquaredError<float>(reduction); });
}

TEST(GoldenLosses, BinaryCrossentropy) {
  check("022_BinaryCrossentropy_bin01", with<BinaryCrossentropy>());
  check("024_BinaryCrossentropy_bin", with<BinaryCrossentropy>({.label_smoothing = 0.2}));
}

TEST(GoldenLosses, CategoricalCrossentropy) {
  check("030_CategoricalCrossentropy_cat01", with<CategoricalCrossentropy>());
  check("032_CategoricalCrossentropy_catseq", with<CategoricalCrossentropy>());
  check("034_CategoricalCrossentropy_cat", with<CategoricalCrossentropy>({.label_smoothing = 0.1}));
}

TEST(GoldenLosses, SparseCategoricalCrossentropy) {
  check("038_SparseCategoricalCrossentropy_sparse", with<SparseCategoricalCrossentropy>());
  check("040_SparseCategoricalCrossentropy_sparseseq", with<SparseCategoricalCrossentropy>());
}
