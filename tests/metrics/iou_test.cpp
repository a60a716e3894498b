#include <lamina/metrics/iou.hpp>

#include "support/expect.hpp"
#include "support/metrics.hpp"

using namespace lamina;
using namespace lamina::testing::metrics;

TEST(IoUs, AgreeWithTheirFormulas) {
  const Tensor<double> t{0., 0., 1., 1., 2.}, p{0., 1., 1., 1., 0.};
  // Intersection over union: class 0: 1/3; class 1: 2/3; class 2: 0/1.
  EXPECT_NEAR(once(MeanIoU<double>({.num_classes = 3}), t, p), 1.0 / 3, 1e-6);
  EXPECT_NEAR(once(MeanIoU<double>({.num_classes = 4}), t, p), 1.0 / 3, 1e-6) << "a class that does not occur";
  EXPECT_NEAR(once(IoU<double>({.num_classes = 3, .target_class_ids = {1}}), t, p), 2.0 / 3, 1e-6);
  EXPECT_NEAR(once(MeanIoU<double>({.num_classes = 3, .ignore_class = 2}), t, p), (1.0 / 2 + 2.0 / 3) / 2, 1e-6);
  EXPECT_NEAR(once(MeanIoU<double>({.num_classes = 3}), t, p, Tensor{1., 0., 1., 2.9, 0.}), 1, 1e-12);
  EXPECT_NEAR(once(MeanIoU<double>({.num_classes = 2}), t, p), (1.0 / 2 + 2.0 / 3) / 2, 1e-6)
      << "labels that are no class are excluded";
  const auto one_hot = [](const Tensor<double>& classes, const Shape& shape, Index inner, Index count) {
    Tensor<double> y = Tensor<double>::zeros(shape);
    for (Index i = 0; i < classes.size(); ++i)
      y.mutable_data()[(i / inner * count + static_cast<Index>(classes[i])) * inner + i % inner] = 1;
    return y;
  };
  EXPECT_NEAR(once(OneHotMeanIoU<double>({.num_classes = 3}), one_hot(t, {5, 3}, 1, 3), one_hot(p, {5, 3}, 1, 3)),
              1.0 / 3, 1e-6);
  EXPECT_NEAR(once(OneHotIoU<double>({.num_classes = 3, .target_class_ids = {0}, .axis = 0}), one_hot(t, {3, 5}, 5, 3),
                   one_hot(p, {3, 5}, 5, 3)),
              1.0 / 3, 1e-6);
  EXPECT_NEAR(once(OneHotMeanIoU<double>({.num_classes = 3, .sparse_y_pred = true}), one_hot(t, {5, 3}, 1, 3), p),
              1.0 / 3, 1e-6);
  EXPECT_NEAR(once(BinaryIoU<double>(), Tensor{0., 1., 1., 0.}, Tensor{0.1, 0.5, 0.4, 0.9}), 1.0 / 3, 1e-6);
  EXPECT_NEAR(once(BinaryIoU<double>({.target_class_ids = {1}, .threshold = 0.3}), Tensor{0., 1., 1., 0.},
                   Tensor{0.1, 0.5, 0.4, 0.9}),
              2.0 / 3, 1e-6);
  EXPECT_TRUE(expect::error<ValueError>([] { MeanIoU<double>(); }, {"MeanIoU", "num_classes >= 1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { IoU<double>({.num_classes = 2, .target_class_ids = {2}}); },
                                        {"IoU", "target class 2"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { once(MeanIoU<double>({.num_classes = 3}), t, Tensor{0.}); }, {"(1,)"}));
}
