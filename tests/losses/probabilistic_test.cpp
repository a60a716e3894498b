#include <lamina/losses/probabilistic.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/losses.hpp"

using namespace lamina;
using namespace lamina::testing::losses;

TEST(Probabilistic, AgreeWithTheirFormulas) {
  const Tensor<double> t = positive({3, 4}, 1), p = positive({3, 4}, 2);
  check(KLDivergence<double>(each), t, p, row_means(t, p, [](double a, double b) { return 4 * a * std::log(a / b); }));
  check(Poisson<double>(each), t, p, row_means(t, p, [](double a, double b) { return b - a * std::log(b + 1e-7); }));
  EXPECT_NEAR(KLDivergence<double>()(Tensor{{0., 1.}}, Tensor{{1., 0.}}).item(), std::log(1e7) + 1e-7 * std::log(1e-7),
              1e-9)
      << "log(0) does not occur";
}
