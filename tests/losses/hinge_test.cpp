#include <lamina/losses/hinge.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/losses.hpp"

using namespace lamina;
using namespace lamina::testing::losses;

TEST(Hinges, AgreeWithTheirFormulas) {
  const Tensor<double> signs{{1., -1.}, {-1., -1.}}, bits{{1., 0.}, {0., 0.}}, p{{0.3, 0.7}, {-1.5, 0.1}};
  const Tensor<double> hinge{(0.7 + 1.7) / 2, 1.1 / 2}, squared{(0.49 + 2.89) / 2, 1.21 / 2};
  check(Hinge<double>(each), signs, p, hinge);
  check(Hinge<double>(each), bits, p, hinge);
  check(SquaredHinge<double>(each), signs, p, squared);
  check(SquaredHinge<double>(each), bits, p, squared);
  EXPECT_NEAR(Hinge<double>()(Tensor{{0.5, 1.}}, Tensor{{1., 1.}}).item(), 0.25, 1e-15)
      << "targets that are not binary are unchanged";
  check(CategoricalHinge<double>(each), Tensor{{0., 1., 0.}, {1., 0., 0.}}, Tensor{{0.2, 0.5, 0.9}, {0.9, -1., -2.}},
        Tensor{1.4, 0.1});
}
