#include <lamina/initializers/orthogonal.hpp>

#include "support/expect.hpp"
#include "support/initializers.hpp"

using namespace lamina;
using namespace lamina::testing::initializers;

TEST(Orthogonal, ColumnsOrRowsAreOrthonormal) {
  for (const Shape& shape : {Shape{5, 3}, Shape{3, 5}, Shape{4, 4}, Shape{1, 1}, Shape{2, 3, 4}}) {
    const Tensor<double> w = made<double>(Initializer(Orthogonal({.gain = 2, .seed = 1})), shape);
    ASSERT_EQ(w.shape(), shape);
    Eigen::MatrixXd m = w.matrix();
    if (m.rows() < m.cols()) m.transposeInPlace();
    const Eigen::MatrixXd product = m.transpose() * m;
    EXPECT_TRUE(product.isApprox(4 * Eigen::MatrixXd::Identity(product.rows(), product.cols()), 1e-12)) << shape;
  }
}

TEST(Orthogonal, OneSeedGivesOneMatrix) {
  const auto with = [](std::uint64_t seed) { return made<double>(Initializer(Orthogonal({.seed = seed})), {4, 4}); };
  EXPECT_TRUE(expect::same(with(1), with(1)));
  EXPECT_FALSE(expect::same(with(1), with(2)));
}

TEST(Orthogonal, RequiresAMatrix) {
  EXPECT_TRUE(expect::error<ShapeError>([] { made<float>(Initializer(Orthogonal()), {3}); }, {"Orthogonal", "rank 2"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Orthogonal({.gain = std::nan("")}); }, {"Orthogonal", "gain"}));
  EXPECT_EQ(made<double>(Initializer(Orthogonal()), {0, 3}).shape(), (Shape{0, 3}));
}
