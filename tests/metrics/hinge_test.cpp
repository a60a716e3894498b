#include <lamina/metrics/hinge.hpp>

#include "support/expect.hpp"
#include "support/metrics.hpp"

using namespace lamina;
using namespace lamina::testing::metrics;

TEST(HingeMetrics, AgreeWithTheLossesOfTheSameName) {
  agree(metrics::Hinge<double>(), Hinge<double>(), u, v);
  agree(metrics::SquaredHinge<double>(), SquaredHinge<double>(), Tensor{{1., 0.}, {0., 0.}, {1., 1.}},
        expect::scattered({3, 2}));
  agree(metrics::CategoricalHinge<double>(), CategoricalHinge<double>(), u, v);
}
